package io.cdccascade.http;

import io.cdccascade.cache.CacheReader;
import io.cdccascade.cache.Entry;
import io.cdccascade.cache.FillResult;
import io.cdccascade.cache.History;
import io.cdccascade.cache.Lease;
import io.cdccascade.cache.Load;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.ReadPoint;
import io.cdccascade.cache.Snapshot;
import io.cdccascade.table.Loaded;
import io.cdccascade.table.Loader;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** A request for one row. */
public final class RowRead extends Read {

    private final RowKey key;
    private final String ifNoneMatch;
    private Lookup lookup;
    private Loaded loaded;
    private String tag;
    private FillResult filled;
    private boolean stoodIn;

    RowRead(ServedTable table, RowKey key, ReadDemand demand, String ifNoneMatch) {
        super(table, demand);
        this.key = key;
        this.ifNoneMatch = ifNoneMatch;
    }

    /** The row's key, with commas between the values of several columns; for expressions in routes. */
    public String getKey() {
        return key.text();
    }

    @Override
    public Object flight() {
        return lookup instanceof Lookup.Bypass ? List.of(table().name(), table().fingerprint(), key) : null;
    }

    @Override
    public Bulkheads.Kind bulkhead() {
        return Bulkheads.Kind.LOADS;
    }

    @Override
    CompletableFuture<Void> ask(CacheReader cache) {
        return asking(cache.lookup(cacheKey(key.text()), table().fingerprint(), token(), boundNanos()))
                .thenAccept(this::found);
    }

    void found(Lookup found) {
        lookup = found;
    }

    @Override
    public boolean isLookedUp() {
        return lookup != null;
    }

    @Override
    public boolean isMissed() {
        return !(lookup instanceof Lookup.Hit);
    }

    @Override
    boolean isTokenMadeUp() {
        return isMadeUp(lookup);
    }

    @Override
    public void load(Loader loader) throws SQLException {
        loaded(loader.load(table().statements().load(), List.of(key.json()), cancellation())
                .get(0));
    }

    @Override
    void take(Read other) {
        loaded = ((RowRead) other).loaded;
        tag = ((RowRead) other).tag;
    }

    private void loaded(Loaded row) {
        loaded = row;
        tag = Entry.tagOf(row.row());
    }

    @Override
    public void adopt(Object body) {
        if (loaded != null || body == null || !isMissed()) {
            return;
        }
        if (body instanceof Map<?, ?> columns && columns.containsKey("row")) {
            boolean known = columns.get("snapshot") != null && columns.get("lsn") instanceof Number;
            ReadPoint readPoint = known
                    ? new ReadPoint(
                            Objects.toString(columns.get("history"), History.UNKNOWN),
                            Snapshot.parse(columns.get("snapshot").toString()),
                            ((Number) columns.get("lsn")).longValue())
                    : null;
            loaded(new Loaded(readPoint, bytes(columns.get("row"))));
        } else {
            loaded(new Loaded(null, bytes(body)));
        }
    }

    private static byte[] bytes(Object row) {
        return row == null || row instanceof byte[]
                ? (byte[]) row
                : row.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    CompletableFuture<Void> store(CacheReader cache, long patienceMillis) {
        Lease lease = lease(lookup);
        if (lease == null) {
            return CompletableFuture.completedFuture(null);
        }
        if (loaded == null || loaded.readPoint() == null) {
            // Nobody knows which changes a row from elsewhere includes.
            return cache.release(lease);
        }
        long ttl = table().file().ttl(loaded.row() == null).toMillis();
        return cache.fill(new Load(lease, loaded.readPoint(), loaded.row(), loaded.writer(), tag, ttl), patienceMillis)
                .thenAccept(result -> filled = result);
    }

    @Override
    public void release(CacheReader cache) {
        if (filled == null) {
            release(cache, lookup);
        }
    }

    @Override
    public List<Lease> leases() {
        Lease lease = lease(lookup);
        return lease == null ? List.of() : List.of(lease);
    }

    @Override
    public void whenUnwanted(CacheReader cache, Runnable action) {
        Lease lease = lease(lookup);
        if (lease == null) {
            action.run();
        } else {
            cache.whenUnwanted(lease, action);
        }
    }

    @Override
    boolean takeStale() {
        if (!isStale(lookup)) {
            return false;
        }
        found(asHit(lookup));
        stoodIn = true;
        return true;
    }

    @Override
    boolean usesEntries() {
        return lookup instanceof Lookup.Hit;
    }

    @Override
    public String cacheStatus() {
        return stoodIn ? STOOD_IN : status(lookup, filled);
    }

    @Override
    Answer content() {
        if (lookup instanceof Lookup.Hit hit) {
            Entry entry = hit.entry();
            return entry.absent()
                    ? missing(entry)
                    : row(
                            entry,
                            entry.tag(),
                            Unpooled.wrappedBuffer(
                                    entry.bytes(), entry.rowStart(), entry.bytes().length - entry.rowStart()));
        }
        if (loaded == null) {
            throw new IllegalStateException("nothing was loaded before cascade:answer");
        }
        return loaded.row() == null ? missing(null) : row(null, tag, Unpooled.wrappedBuffer(loaded.row()));
    }

    private Answer row(Entry entry, String entityTag, ByteBuf row) {
        boolean held = ConditionalRequest.holds(ifNoneMatch, entityTag);
        Answer.Builder answer = headers(held ? 304 : 200, entry).header("ETag", '"' + entityTag + '"');
        return held ? answer.empty() : answer.body(Answer.JSON, Buffer.buffer(row));
    }

    private Answer missing(Entry entry) {
        return headers(404, entry)
                .body(
                        Problem.MEDIA_TYPE,
                        Buffer.buffer(Problem.of(404, "There is no row " + key.text() + " in " + table().title())
                                .json()));
    }

    private Answer.Builder headers(int status, Entry entry) {
        Answer.Builder answer =
                new Answer.Builder(status).header("Cache-Control", "no-cache").header("Cache-Status", cacheStatus());
        return entry == null ? answer : answer.header("Age", age(entry));
    }
}
