package io.cdccascade.component;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.Fence;
import io.cdccascade.invalidation.ChangeBatch;
import io.cdccascade.refresh.EntryLoader;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.TableRegistry;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * {@code cascade:refresh}, before {@code cascade:fence}: entries that the variable {@code changes} touches are loaded again if
 * their table's file says {@code onChange: refresh}. They are answered until they are replaced. What was loaded in time shows
 * its change, so the fence leaves it alone. All else is dropped by the fence as ever: an entry whose load takes longer, fails,
 * or does not see the change yet.
 *
 * <p>To the protocol this is a reader that loads, followed by the event. Never fails.
 */
final class RefreshStep implements Processor {

    private final TableRegistry tables;
    private final EntryLoader loader;
    private final long patienceMillis;

    /** @param patienceMillis how long changes wait for their entries at the most */
    RefreshStep(TableRegistry tables, EntryLoader loader, long patienceMillis) {
        this.tables = tables;
        this.loader = loader;
        this.patienceMillis = patienceMillis;
    }

    @Override
    public void process(Exchange exchange) {
        Map<String, ServedTable> refreshed = tables.now().refreshed();
        if (refreshed.isEmpty()) {
            return;
        }
        ChangeBatch changes = ReadChangesStep.changes(exchange);
        Map<String, Set<CacheKey>> touched = new LinkedHashMap<>();
        for (Fence fence : changes.fences()) {
            String name = fence.key().table();
            if (refreshed.containsKey(name) && !changes.forgotten().contains(name)) {
                touched.computeIfAbsent(name, any -> new LinkedHashSet<>()).add(fence.key());
            }
        }
        CompletableFuture.allOf(touched.entrySet().stream()
                        .map(keys -> loader.refresh(refreshed.get(keys.getKey()), List.copyOf(keys.getValue())))
                        .toArray(CompletableFuture<?>[]::new))
                .completeOnTimeout(null, patienceMillis, TimeUnit.MILLISECONDS)
                .join();
    }
}
