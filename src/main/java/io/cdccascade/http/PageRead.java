package io.cdccascade.http;

import io.cdccascade.cache.CacheReader;
import io.cdccascade.table.InvalidKeyException;
import io.cdccascade.table.Loader;
import io.cdccascade.table.RowKey;
import io.vertx.core.buffer.Buffer;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A request for a page of all rows, which is always read from PostgreSQL: it would change with every row. */
public final class PageRead extends Read {

    /** What the header Cache-Status says of a page: the cache is not asked. */
    static final String STATUS = "cascade; fwd=bypass";

    private final PageSpec page;
    private List<Loader.PageRow> loaded;

    PageRead(PageSpec page, ReadDemand demand) {
        super(page.table(), demand);
        this.page = page;
    }

    @Override
    public Bulkheads.Kind bulkhead() {
        return Bulkheads.Kind.LISTS;
    }

    @Override
    CompletableFuture<Void> ask(CacheReader cache) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public boolean isLookedUp() {
        return true;
    }

    @Override
    public boolean isMissed() {
        return true;
    }

    @Override
    boolean isTokenMadeUp() {
        return false;
    }

    @Override
    public void load(Loader loader) throws SQLException {
        loaded = loader.page(page.sql(), page.parameters(), cancellation());
    }

    @Override
    CompletableFuture<Void> store(CacheReader cache, long patienceMillis) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void release(CacheReader cache) {
        // A page has no lease.
    }

    @Override
    public String cacheStatus() {
        return STATUS;
    }

    @Override
    Answer content() {
        if (loaded == null) {
            throw new IllegalStateException("nothing was loaded before cascade:answer");
        }
        return answer(page, loaded);
    }

    @Override
    boolean usesEntries() {
        return false;
    }

    /** Answers with what a page's statement read. */
    static Answer answer(PageSpec page, List<Loader.PageRow> loaded) {
        Answer.Builder answer =
                new Answer.Builder(200).header("Cache-Control", "no-cache").header("Cache-Status", STATUS);
        List<Loader.PageRow> rows = loaded.subList(0, Math.min(page.limit(), loaded.size()));
        if (loaded.size() > page.limit()) {
            RowKey last = key(page, rows.get(rows.size() - 1).key());
            if (last != null) {
                answer.header("Link", page.next(last));
            }
        }
        return answer.body(
                Answer.JSON, array(rows.stream().map(Loader.PageRow::row).toList()));
    }

    /** Null, so that there is no next page, where the key is one that no path can name, such as a date before Christ. */
    private static RowKey key(PageSpec page, String json) {
        try {
            return RowKey.ofJson(page.table().key(), json);
        } catch (InvalidKeyException e) {
            return null;
        }
    }

    /** A JSON array of rows. */
    static Buffer array(List<byte[]> rows) {
        int length = 2
                + Math.max(0, rows.size() - 1)
                + rows.stream().mapToInt(row -> row.length).sum();
        Buffer array = Buffer.buffer(length).appendByte((byte) '[');
        for (int i = 0; i < rows.size(); i++) {
            if (i > 0) {
                array.appendByte((byte) ',');
            }
            array.appendBytes(rows.get(i));
        }
        return array.appendByte((byte) ']');
    }
}
