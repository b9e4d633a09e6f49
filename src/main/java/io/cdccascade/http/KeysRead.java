package io.cdccascade.http;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.CacheReader;
import io.cdccascade.cache.Entry;
import io.cdccascade.cache.Lease;
import io.cdccascade.cache.Load;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.Renewal;
import io.cdccascade.cache.RowVersion;
import io.cdccascade.table.Loaded;
import io.cdccascade.table.Loader;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import io.vertx.core.buffer.Buffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * A request for several rows by their keys: one round trip to Redis for all of them, and one statement, with one snapshot,
 * for those that it does not have. The answer never shows a part of a transaction: where the rows' {@linkplain RowVersion
 * versions} cannot exclude that, all are loaded in one statement, and the entries are refreshed by it, so that the next
 * reader hits them.
 */
public final class KeysRead extends Read {

    private final List<RowKey> keys;
    private CacheReader cache;
    private List<Lookup> lookups;
    private boolean fractured;
    private Map<CacheKey, Lease> refreshed = Map.of();
    private List<Loaded> loaded = List.of();
    private boolean stored;
    private boolean stoodIn;

    KeysRead(ServedTable table, List<RowKey> keys, ReadDemand demand) {
        super(table, demand);
        this.keys = List.copyOf(keys);
    }

    @Override
    public Bulkheads.Kind bulkhead() {
        return Bulkheads.Kind.LISTS;
    }

    @Override
    CompletableFuture<Void> ask(CacheReader cache) {
        this.cache = cache;
        List<CacheKey> names = keys.stream().map(key -> cacheKey(key.text())).toList();
        return cache.lookupAll(names, table().fingerprint(), token(), boundNanos())
                .thenAccept(found -> {
                    lookups = found;
                    fractured = RowVersion.fractured(versions(List.of()));
                });
    }

    /** @param loads what was loaded of the rows that were not hit, in the order of the keys; may be empty */
    private List<RowVersion> versions(List<Loaded> loads) {
        List<RowVersion> versions =
                new ArrayList<>(loads.stream().map(Loaded::version).toList());
        for (Lookup lookup : lookups) {
            if (lookup instanceof Lookup.Hit hit) {
                versions.add(hit.entry().version());
            }
        }
        return versions;
    }

    @Override
    public boolean isLookedUp() {
        return lookups != null;
    }

    @Override
    public boolean isMissed() {
        return fractured || hits() < keys.size();
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
        if (!fractured) {
            loaded = load(loader, i -> !(lookups.get(i) instanceof Lookup.Hit));
            fractured = RowVersion.fractured(versions(loaded));
        }
        if (fractured) {
            loadInOneStatement(loader);
        }
    }

    private void loadInOneStatement(Loader loader) throws SQLException {
        cache.countFractured(getTable());
        List<CacheKey> hits = IntStream.range(0, keys.size())
                .filter(i -> lookups.get(i) instanceof Lookup.Hit)
                .mapToObj(i -> cacheKey(keys.get(i).text()))
                .toList();
        // Redis answers within its time limit, or the entries stay as they are.
        refreshed = cache.refresh(hits, table().fingerprint()).join();
        Renewal renewal = cache.renew(List.copyOf(refreshed.values()));
        try {
            loaded = load(loader, i -> true);
        } finally {
            renewal.stop();
        }
    }

    private List<Loaded> load(Loader loader, IntPredicate wanted) throws SQLException {
        List<RowKey> some = IntStream.range(0, keys.size())
                .filter(wanted)
                .mapToObj(keys::get)
                .toList();
        return loader.load(table().statements().loadAll(), List.of(RowKey.json(some)), cancellation());
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
        for (int i = 0; i < keys.size(); i++) {
            Lookup lookup = lookups.get(i);
            Loaded one = isFromCache(lookup) ? null : next.next();
            Lease lease = lookup instanceof Lookup.Leased leased
                    ? leased.lease()
                    : refreshed.get(cacheKey(keys.get(i).text()));
            if (lease != null) {
                long ttl = table().file().ttl(one.row() == null).toMillis();
                fills.add(cache.fill(Load.of(lease, one.readPoint(), one.row(), one.writer(), ttl), patienceMillis));
            }
        }
        return CompletableFuture.allOf(fills.toArray(CompletableFuture<?>[]::new));
    }

    @Override
    public void release(CacheReader cache) {
        if (!stored && lookups != null) {
            lookups.forEach(lookup -> release(cache, lookup));
            refreshed.values().forEach(cache::release);
        }
    }

    private boolean isFromCache(Lookup lookup) {
        return !fractured && lookup instanceof Lookup.Hit;
    }

    @Override
    public List<Lease> leases() {
        return lookups.stream().map(Read::lease).filter(Objects::nonNull).toList();
    }

    /** The rows in the order of the keys, without those that do not exist. */
    @Override
    Answer content() {
        if (isMissed() && loaded.isEmpty()) {
            throw new IllegalStateException("nothing was loaded before cascade:answer");
        }
        return new Answer.Builder(200)
                .header("Cache-Control", "no-cache")
                .header("Cache-Status", cacheStatus())
                .body(Answer.JSON, rows());
    }

    @Override
    boolean takeStale() {
        List<Lookup> hits = new ArrayList<>();
        for (Lookup lookup : lookups) {
            hits.add(asHit(lookup));
        }
        List<RowVersion> versions = hits.stream()
                .filter(Lookup.Hit.class::isInstance)
                .map(hit -> ((Lookup.Hit) hit).entry().version())
                .toList();
        stoodIn = !hits.equals(lookups) && versions.size() == keys.size() && !RowVersion.fractured(versions);
        if (stoodIn) {
            lookups = hits;
            fractured = false;
            loaded = List.of();
        }
        return stoodIn;
    }

    @Override
    boolean usesEntries() {
        return !fractured && hits() > 0;
    }

    @Override
    public String cacheStatus() {
        if (stoodIn) {
            return STOOD_IN;
        }
        if (fractured) {
            return "cascade; fwd=bypass; detail=fractured";
        }
        if (lookups.stream().anyMatch(Read::isStale)) {
            return "cascade; fwd=bypass; detail=stale";
        }
        int hits = hits();
        return hits == keys.size()
                ? "cascade; hit"
                : "cascade; " + (hits == 0 ? "fwd=miss" : "fwd=partial") + "; detail=" + hits + "-of-" + keys.size();
    }

    private Buffer rows() {
        Buffer rows = Buffer.buffer(length()).appendByte((byte) '[');
        Iterator<Loaded> next = loaded.iterator();
        for (Lookup lookup : lookups) {
            byte[] bytes;
            int start;
            if (isFromCache(lookup)) {
                Lookup.Hit hit = (Lookup.Hit) lookup;
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
