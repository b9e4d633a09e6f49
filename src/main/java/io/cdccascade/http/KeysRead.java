package io.cdccascade.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.CacheReader;
import io.cdccascade.cache.Entry;
import io.cdccascade.cache.Lease;
import io.cdccascade.cache.Load;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.Loaded;
import io.cdccascade.table.Loader;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import io.vertx.core.buffer.Buffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * A request for several rows by their keys: one round trip to Redis for all of them, and one statement, with one snapshot,
 * for those that it does not have.
 */
public final class KeysRead extends Read {

    private final List<RowKey> keys;
    private List<Lookup> lookups;
    private List<Loaded> loaded = List.of();
    private boolean stored;

    KeysRead(ServedTable table, List<RowKey> keys, WritePoint token) {
        super(table, token);
        this.keys = List.copyOf(keys);
    }

    @Override
    public Bulkheads.Kind bulkhead() {
        return Bulkheads.Kind.LISTS;
    }

    @Override
    CompletableFuture<Void> ask(CacheReader cache) {
        List<CacheKey> names = keys.stream().map(key -> cacheKey(key.text())).toList();
        return cache.lookupAll(names, table().fingerprint(), token()).thenAccept(found -> lookups = found);
    }

    @Override
    public boolean isLookedUp() {
        return lookups != null;
    }

    @Override
    public boolean isMissed() {
        return hits() < keys.size();
    }

    private int hits() {
        int hits = 0;
        for (Lookup lookup : lookups) {
            hits += lookup instanceof Lookup.Hit ? 1 : 0;
        }
        return hits;
    }

    @Override
    boolean isTokenMadeUp() {
        return lookups.stream().anyMatch(Read::isMadeUp);
    }

    @Override
    public void load(Loader loader) throws SQLException {
        ArrayNode wanted = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < keys.size(); i++) {
            if (!(lookups.get(i) instanceof Lookup.Hit)) {
                ArrayNode key = wanted.addArray();
                keys.get(i).values().forEach(key::add);
            }
        }
        loaded = loader.load(table().statements().loadAll(), List.of(wanted.toString()), cancellation());
    }

    @Override
    CompletableFuture<Void> store(CacheReader cache, long patienceMillis) {
        if (loaded.isEmpty()) {
            release(cache);
            return CompletableFuture.completedFuture(null);
        }
        stored = true;
        List<CompletableFuture<?>> fills = new ArrayList<>();
        Iterator<Loaded> next = loaded.iterator();
        for (Lookup lookup : lookups) {
            Loaded one = lookup instanceof Lookup.Hit ? null : next.next();
            if (lookup instanceof Lookup.Leased leased) {
                long ttl = table().file().ttl(one.row() == null).toMillis();
                fills.add(cache.fill(Load.of(leased.lease(), one.readPoint(), one.row(), ttl), patienceMillis));
            }
        }
        return CompletableFuture.allOf(fills.toArray(CompletableFuture<?>[]::new));
    }

    @Override
    public void release(CacheReader cache) {
        if (!stored && lookups != null) {
            lookups.forEach(lookup -> release(cache, lookup));
        }
    }

    @Override
    public List<Lease> leases() {
        return lookups.stream().map(Read::lease).filter(Objects::nonNull).toList();
    }

    /** The rows in the order of the keys, without those that do not exist. */
    @Override
    public Answer answer() {
        int hits = hits();
        if (hits < keys.size() && loaded.isEmpty()) {
            throw new IllegalStateException("nothing was loaded before cascade:answer");
        }
        String status = hits == keys.size()
                ? "cascade; hit"
                : "cascade; " + (hits == 0 ? "fwd=miss" : "fwd=partial") + "; detail=" + hits + "-of-" + keys.size();
        return new Answer.Builder(200)
                .header("Cache-Control", "no-cache")
                .header("Cache-Status", status)
                .body(Answer.JSON, rows());
    }

    private Buffer rows() {
        Buffer rows = Buffer.buffer(length()).appendByte((byte) '[');
        Iterator<Loaded> next = loaded.iterator();
        for (Lookup lookup : lookups) {
            byte[] bytes;
            int start;
            if (lookup instanceof Lookup.Hit hit) {
                bytes = hit.entry().absent() ? null : hit.entry().bytes();
                start = hit.entry().rowStart();
            } else {
                bytes = next.next().row();
                start = 0;
            }
            if (bytes != null) {
                if (rows.length() > 1) {
                    rows.appendByte((byte) ',');
                }
                rows.appendBytes(bytes, start, bytes.length - start);
            }
        }
        return rows.appendByte((byte) ']');
    }

    private int length() {
        int length = 2 + keys.size();
        for (Lookup lookup : lookups) {
            if (lookup instanceof Lookup.Hit hit) {
                Entry entry = hit.entry();
                length += entry.absent() ? 0 : entry.bytes().length - entry.rowStart();
            }
        }
        return length;
    }
}
