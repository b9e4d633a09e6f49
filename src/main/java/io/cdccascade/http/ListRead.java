package io.cdccascade.http;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.CacheReader;
import io.cdccascade.cache.Entry;
import io.cdccascade.cache.FillResult;
import io.cdccascade.cache.Lease;
import io.cdccascade.cache.Load;
import io.cdccascade.cache.Lookup;
import io.cdccascade.table.Loaded;
import io.cdccascade.table.Loader;
import io.cdccascade.table.RowKey;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A request for a page of the rows with a value in a column, cut from the whole list. The whole list is one entry, so that
 * one fence reaches every page of it. A list that is too long for that is known to be, by an entry without a row, and read
 * page by page.
 */
public final class ListRead extends Read {

    private final PageSpec page;
    private final String ifNoneMatch;
    private Lookup lookup;
    private CachedList.Page cut;
    private String tag;
    private Loaded whole;
    private List<Loader.PageRow> alone;
    private FillResult filled;
    private boolean stoodIn;

    ListRead(PageSpec page, ReadDemand demand, String ifNoneMatch) {
        super(page.table(), demand);
        this.page = page;
        this.ifNoneMatch = ifNoneMatch;
    }

    @Override
    public Object flight() {
        return lookup instanceof Lookup.Bypass ? List.of(page.table().fingerprint(), page) : null;
    }

    @Override
    public Bulkheads.Kind bulkhead() {
        return Bulkheads.Kind.LISTS;
    }

    @Override
    CompletableFuture<Void> ask(CacheReader cache) {
        String name = table().listName(page.column());
        return asking(cache.lookup(
                        new CacheKey(name, page.value().text()), table().fingerprint(), token(), boundNanos()))
                .thenAccept(this::found);
    }

    private void found(Lookup found) {
        lookup = found;
        if (found instanceof Lookup.Hit hit && !hit.entry().absent()) {
            cut(hit.entry().bytes(), hit.entry().rowStart());
            tag = hit.entry().tag();
        }
    }

    private void cut(byte[] bytes, int start) {
        String after = page.after() == null ? null : page.after().text();
        cut = new CachedList(bytes, start).page(after, page.limit());
    }

    @Override
    public boolean isLookedUp() {
        return lookup != null;
    }

    @Override
    public boolean isMissed() {
        return cut == null;
    }

    @Override
    boolean isTokenMadeUp() {
        return isMadeUp(lookup);
    }

    @Override
    public void load(Loader loader) throws SQLException {
        if (!(lookup instanceof Lookup.Hit)) {
            Loaded list = loader.load(page.listSql(), List.of(page.value().json()), cancellation())
                    .get(0);
            byte[] indexed = list.row() == null ? null : CachedList.of(list.row(), table().key());
            whole = new Loaded(list.readPoint(), indexed);
            tag = Entry.tagOf(list.row());
            if (indexed != null) {
                cut(indexed, 0);
            }
        }
        if (cut == null) {
            alone = loader.page(page.sql(), page.parameters(), cancellation());
        }
    }

    @Override
    void take(Read other) {
        ListRead from = (ListRead) other;
        cut = from.cut;
        tag = from.tag;
        whole = from.whole;
        alone = from.alone;
    }

    @Override
    CompletableFuture<Void> store(CacheReader cache, long patienceMillis) {
        Lease lease = lease(lookup);
        if (lease == null) {
            return CompletableFuture.completedFuture(null);
        }
        if (whole == null) {
            return cache.release(lease);
        }
        long ttl = table().file().ttl(whole.row() == null).toMillis();
        return cache.fill(new Load(lease, whole.readPoint(), whole.row(), whole.writer(), tag, ttl), patienceMillis)
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
        // A list that is too long to be cached is an entry without rows.
        stoodIn = cut != null;
        return stoodIn;
    }

    @Override
    boolean usesEntries() {
        return lookup instanceof Lookup.Hit;
    }

    @Override
    public String cacheStatus() {
        // A list that is too long to be cached is read page by page.
        return cut == null && (alone != null || lookup instanceof Lookup.Hit)
                ? PageRead.STATUS
                : stoodIn ? STOOD_IN : status(lookup, filled);
    }

    @Override
    Answer content() {
        if (cut == null) {
            if (alone == null) {
                throw new IllegalStateException("nothing was loaded before cascade:answer");
            }
            return PageRead.answer(page, alone);
        }
        // The list decides what the page is, so that the list's tag is the page's, too.
        boolean held = ConditionalRequest.holds(ifNoneMatch, tag);
        Answer.Builder answer = new Answer.Builder(held ? 304 : 200)
                .header("Cache-Control", "no-cache")
                .header("Cache-Status", cacheStatus())
                .header("ETag", '"' + tag + '"');
        if (lookup instanceof Lookup.Hit hit) {
            answer.header("Age", age(hit.entry()));
        }
        if (cut.last() != null) {
            answer.header(
                    "Link", page.next(RowKey.ofText(cut.last(), table().key().size())));
        }
        return held ? answer.empty() : answer.body(Answer.JSON, cut.rows());
    }
}
