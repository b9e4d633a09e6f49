package io.cdccascade.refresh;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.CacheReader;
import io.cdccascade.cache.Entry;
import io.cdccascade.cache.FillResult;
import io.cdccascade.cache.Freshness;
import io.cdccascade.cache.Lease;
import io.cdccascade.cache.Load;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.Renewal;
import io.cdccascade.http.Bulkheads;
import io.cdccascade.http.CachedList;
import io.cdccascade.table.Cancellation;
import io.cdccascade.table.Loaded;
import io.cdccascade.table.Loader;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads entries that nobody waits for, on the threads of lists. As for every load, the leases come first, so a change that
 * comes meanwhile refuses what it makes stale. Safe for use by many threads.
 */
public final class EntryLoader {

    private static final Logger LOG = LoggerFactory.getLogger(EntryLoader.class);

    private final CacheReader cache;
    private final Loader loader;
    private final Bulkheads bulkheads;
    private final int longest;
    private final long patienceMillis;

    /**
     * @param longest        how many rows a list may have to be cached
     * @param patienceMillis how long the result of a fill is waited for
     */
    public EntryLoader(CacheReader cache, Loader loader, Bulkheads bulkheads, int longest, long patienceMillis) {
        this.cache = cache;
        this.loader = loader;
        this.bulkheads = bulkheads;
        this.longest = longest;
        this.patienceMillis = patienceMillis;
    }

    /**
     * Loads those of some entries that are there again.
     *
     * @param keys all of rows, or all of one of the table's lists
     * @return done when they are stored or given up, with the number of those stored; never fails
     */
    public CompletableFuture<Integer> refresh(ServedTable table, List<CacheKey> keys) {
        return cache.refresh(keys, table.fingerprint())
                .thenCompose(leases -> load(table, List.copyOf(leases.values())));
    }

    /**
     * Loads those of some rows that have no entry.
     *
     * @return the number of those stored; null if the cache could not be used for some of them. Never fails
     */
    public CompletableFuture<Integer> warm(ServedTable table, List<RowKey> keys) {
        List<CacheKey> names =
                keys.stream().map(key -> new CacheKey(table.name(), key.text())).toList();
        return cache.lookupAll(names, table.fingerprint(), null, Freshness.UNBOUNDED)
                .thenCompose(found -> {
                    List<Lease> leases = found.stream()
                            .filter(Lookup.Leased.class::isInstance)
                            .map(lookup -> ((Lookup.Leased) lookup).lease())
                            .toList();
                    CompletableFuture<Integer> stored = load(table, leases);
                    return found.stream().anyMatch(EntryLoader::isUnusable) ? stored.thenApply(count -> null) : stored;
                });
    }

    private static boolean isUnusable(Lookup found) {
        return found instanceof Lookup.Bypass bypass && bypass.reason() != Lookup.Reason.BUSY;
    }

    private CompletableFuture<Integer> load(ServedTable table, List<Lease> leases) {
        if (leases.isEmpty()) {
            return CompletableFuture.completedFuture(0);
        }
        CompletableFuture<Integer> stored = new CompletableFuture<>();
        Renewal renewal = cache.renew(leases);
        bulkheads.run(
                Bulkheads.Kind.LISTS,
                () -> {
                    try {
                        fill(loads(table, leases)).whenComplete((count, failure) -> stored.complete(count));
                    } catch (SQLException | RuntimeException e) {
                        LOG.debug("Entries of {} could not be loaded", table.name(), e);
                        giveUp(leases, stored);
                    } finally {
                        renewal.stop();
                    }
                },
                () -> {
                    renewal.stop();
                    giveUp(leases, stored);
                });
        return stored;
    }

    private void giveUp(List<Lease> leases, CompletableFuture<Integer> stored) {
        leases.forEach(cache::release);
        stored.complete(0);
    }

    private List<Load> loads(ServedTable table, List<Lease> leases) throws SQLException {
        String name = leases.get(0).key().table();
        return name.equals(table.name()) ? rows(table, leases) : lists(table, table.listColumnOf(name), leases);
    }

    private List<Load> rows(ServedTable table, List<Lease> leases) throws SQLException {
        List<RowKey> keys = leases.stream()
                .map(lease -> RowKey.ofText(lease.key().key(), table.key().size()))
                .toList();
        List<Loaded> rows = loader.load(table.statements().loadAll(), List.of(RowKey.json(keys)), new Cancellation());
        List<Load> loads = new ArrayList<>();
        for (int i = 0; i < leases.size(); i++) {
            Loaded row = rows.get(i);
            long ttl = table.file().ttl(row.row() == null).toMillis();
            loads.add(Load.of(leases.get(i), row.readPoint(), row.row(), row.writer(), ttl));
        }
        return loads;
    }

    private List<Load> lists(ServedTable table, String column, List<Lease> leases) throws SQLException {
        List<Load> loads = new ArrayList<>();
        for (Lease lease : leases) {
            String value = RowKey.ofText(lease.key().key(), 1).json();
            Loaded list = loader.load(table.statements().loadList(column, longest), List.of(value), new Cancellation())
                    .get(0);
            byte[] indexed = list.row() == null ? null : CachedList.of(list.row(), table.key());
            long ttl = table.file().ttl(indexed == null).toMillis();
            loads.add(new Load(lease, list.readPoint(), indexed, list.writer(), Entry.tagOf(list.row()), ttl));
        }
        return loads;
    }

    private CompletableFuture<Integer> fill(List<Load> loads) {
        List<CompletableFuture<FillResult>> fills =
                loads.stream().map(load -> cache.fill(load, patienceMillis)).toList();
        return CompletableFuture.allOf(fills.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> (int) fills.stream()
                        .filter(fill -> fill.join() == FillResult.STORED)
                        .count());
    }
}
