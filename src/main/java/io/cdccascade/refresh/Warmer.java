package io.cdccascade.refresh;

import io.cdccascade.table.Cancellation;
import io.cdccascade.table.Loader;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.TableRegistry;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills the cache with the rows that a table's file names with {@code warm}: when the table is served for the first time, and
 * whenever its cache is a new one, that is after everything was forgotten or lost. Goes through the keys page by page, at a
 * bounded rate, one table after the other, on a thread of its own; entries that are there cost no load.
 *
 * <p>A process that dies starts over with the next start. Several instances warm at the same time; whatever one has stored, the
 * others find.
 */
public final class Warmer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Warmer.class);
    private static final int PAGE = 200;
    private static final long LOOK_MILLIS = 1_000;
    private static final long STOP_SECONDS = 5;

    /** The cache that was warmed: another file, shape or epoch is another one. */
    private record Cache(ServedTable table, String epoch) {}

    /**
     * How far a table is.
     *
     * @param state  {@code running}, {@code done} or {@code failed}, with the reason
     * @param rows   how many rows the condition has named so far
     * @param stored how many of them were not in the cache
     */
    public record Progress(String state, long rows, long stored) {}

    private final TableRegistry tables;
    private final Loader loader;
    private final EntryLoader entries;
    private final UnaryOperator<String> epochs;
    private final int rowsPerSecond;
    private final Map<String, Cache> warmed = new TreeMap<>();
    private final Map<String, String> failures = new TreeMap<>();
    private final Map<String, Progress> progress = new ConcurrentSkipListMap<>();
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "cascade-warm"));

    /**
     * @param epochs        the present epoch of a table's cache by the table's name; null if it has none. May block and throw
     * @param rowsPerSecond how many rows a second at the most
     */
    public Warmer(
            TableRegistry tables, Loader loader, EntryLoader entries, UnaryOperator<String> epochs, int rowsPerSecond) {
        this.tables = tables;
        this.loader = loader;
        this.entries = entries;
        this.epochs = epochs;
        this.rowsPerSecond = rowsPerSecond;
    }

    /** Looks from now on every second whether there is something to warm. */
    public void start() {
        thread.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** How far each table is, by its name in the cache. */
    public Map<String, Progress> progress() {
        return Map.copyOf(progress);
    }

    private void look() {
        List<ServedTable> wanted = tables.served().stream()
                .filter(table -> table.file().warm() != null)
                .toList();
        progress.keySet()
                .removeIf(
                        name -> wanted.stream().noneMatch(table -> table.name().equals(name)));
        warmed.keySet().retainAll(progress.keySet());
        for (ServedTable table : wanted) {
            try {
                look(table);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (SQLException | RuntimeException e) {
                fail(table, e);
            }
        }
    }

    private void look(ServedTable table) throws SQLException, InterruptedException {
        Cache cache = new Cache(table, epochs.apply(table.name()));
        if (cache.epoch() == null || cache.equals(warmed.get(table.name()))) {
            return;
        }
        Optional<Progress> done = warm(table);
        if (done.isPresent()) {
            warmed.put(table.name(), cache);
            failures.remove(table.name());
            LOG.info(
                    "{} is warm: {} rows, {} of which were not in the cache",
                    table.name(),
                    done.get().rows(),
                    done.get().stored());
        }
    }

    /** @return empty if the cache could not be used meanwhile, so that it has to be done again */
    private Optional<Progress> warm(ServedTable table) throws SQLException, InterruptedException {
        Progress so = new Progress("running", 0, 0);
        String sql = table.statements().warm(PAGE);
        String after = null;
        boolean last = false;
        while (!last) {
            long start = System.nanoTime();
            progress.put(table.name(), so);
            List<Loader.PageRow> page = loader.page(sql, Arrays.asList(after, after), new Cancellation());
            List<RowKey> keys = page.stream()
                    .map(row -> RowKey.ofJson(table.key(), row.key()))
                    .toList();
            Integer stored = keys.isEmpty()
                    ? Integer.valueOf(0)
                    : entries.warm(table, keys).join();
            if (stored == null) {
                return Optional.empty();
            }
            so = new Progress("running", so.rows() + keys.size(), so.stored() + stored);
            last = keys.size() < PAGE;
            if (!last) {
                after = keys.get(keys.size() - 1).json();
                pause(start, keys.size());
            }
        }
        Progress done = new Progress("done", so.rows(), so.stored());
        progress.put(table.name(), done);
        return Optional.of(done);
    }

    private void pause(long startNanos, int rows) throws InterruptedException {
        long wanted = TimeUnit.SECONDS.toNanos(rows) / rowsPerSecond;
        TimeUnit.NANOSECONDS.sleep(Math.max(0, wanted - (System.nanoTime() - startNanos)));
    }

    /** Tried again every second, and logged once. */
    private void fail(ServedTable table, Exception e) {
        String why = String.valueOf(e.getMessage());
        if (!why.equals(failures.put(table.name(), why))) {
            LOG.warn("{} cannot be warmed: {}", table.name(), why);
        }
        progress.put(table.name(), new Progress("failed: " + why, 0, 0));
    }

    @Override
    public void close() throws InterruptedException {
        thread.shutdownNow();
        thread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
    }
}
