package io.cdccascade.cache;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The counters of one kind of call, by {@code table} and {@code result}; found without asking the registry. */
final class CacheMeters {

    private final MeterRegistry registry;
    private final String name;
    private final Map<String, Map<String, Counter>> counters = new ConcurrentHashMap<>();

    /** @param name the counters' name, such as {@code cascade.cache.lookups} */
    CacheMeters(MeterRegistry registry, String name) {
        this.registry = registry;
        this.name = name;
    }

    void count(String table, String result) {
        count(table, result, 1);
    }

    void count(String table, String result, int times) {
        Map<String, Counter> results = counters.get(table);
        if (results == null) {
            results = counters.computeIfAbsent(table, first -> new ConcurrentHashMap<>());
        }
        Counter counter = results.get(result);
        if (counter == null) {
            counter =
                    results.computeIfAbsent(result, first -> registry.counter(name, "table", table, "result", result));
        }
        counter.increment(times);
    }
}
