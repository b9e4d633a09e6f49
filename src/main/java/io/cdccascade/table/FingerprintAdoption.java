package io.cdccascade.table;

import io.cdccascade.cache.CacheInvalidator;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.redisson.client.RedisException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps Redis informed of the schema fingerprint that each table's entries have. Entries with another fingerprint are
 * forgotten. Where another instance says otherwise, the table is disputed.
 *
 * <p>Not safe for use by several threads.
 */
final class FingerprintAdoption {

    /** Stands in Redis for a table that is not served any more. No fingerprint is that short. */
    private static final String NOT_SERVED = "-";

    /** No table's fingerprint: the next one to be adopted differs from it. */
    private static final String NONE = "";

    /**
     * How long another instance's fingerprint is respected, in nanoseconds. An instance that has stopped cannot take
     * it back.
     */
    private static final long RESPECT = TimeUnit.MINUTES.toNanos(1);

    private static final Logger LOG = LoggerFactory.getLogger(FingerprintAdoption.class);

    private final CacheInvalidator cache;
    private final Map<String, String> adopted = new HashMap<>();
    private final Map<String, Long> disputedSince = new HashMap<>();

    /** @param cache the cache, by a client that waits for Redis */
    FingerprintAdoption(CacheInvalidator cache) {
        this.cache = cache;
    }

    /**
     * Notes that tables are not served now, and that their changes pass unseen. When they are served again, their
     * entries are forgotten even if the fingerprint is the same.
     *
     * @param names the names of the entries
     */
    void interrupt(Collection<String> names) {
        names.forEach(name -> adopted.computeIfPresent(name, (same, fingerprint) -> NONE));
    }

    /**
     * Writes the fingerprints of the tables to Redis, as far as they changed. A table that no file names any more gets
     * one that no reader expects.
     *
     * @throws RedisException if Redis cannot be asked: what it was not told is not cached until it is
     */
    void adopt(ServedTables tables) {
        Map<String, String> fingerprints = new TreeMap<>();
        tables.served().stream()
                .filter(ServedTable::isChecked)
                .forEach(table -> table.names().forEach(name -> fingerprints.put(name, table.fingerprint())));
        Set<String> gone =
                new HashSet<>(adopted.isEmpty() ? cache.fingerprints().keySet() : adopted.keySet());
        tables.unserved().forEach(file -> gone.removeAll(ServedTable.names(file)));
        // Redis keeps what it was told of them: if they turn out to be unchanged, so are their entries.
        tables.served().forEach(table -> gone.removeAll(table.names()));
        gone.forEach(name -> fingerprints.putIfAbsent(name, NOT_SERVED));
        fingerprints.forEach((name, fingerprint) -> {
            if (!fingerprint.equals(adopted.get(name))) {
                // An earlier run of this instance may have filled old entries after another instance forgot them.
                cache.adopt(name, fingerprint, adopted.containsKey(name));
                adopted.put(name, fingerprint);
                LOG.info(fingerprint.equals(NOT_SERVED) ? "{} is no longer served" : "{} is served", name);
            }
        });
    }

    /**
     * The names for which Redis has another fingerprint than this instance adopted: another instance serves them, or
     * has stopped to serve them, by a file that differs.
     *
     * @throws RedisException if Redis cannot be asked
     */
    Set<String> disputed(ServedTables tables) {
        Map<String, String> fingerprints = cache.fingerprints();
        fingerprints
                .entrySet()
                .removeIf(entry -> entry.getValue().equals(adopted.get(entry.getKey()))
                        || entry.getValue().equals(NOT_SERVED) && !tables.serves(entry.getKey()));
        return fingerprints.keySet();
    }

    /**
     * Forgets what has become disputed, and takes back what has been disputed for long.
     *
     * @throws RedisException if Redis cannot be told
     */
    void settle(Set<String> disputed, ServedTables tables) {
        disputedSince.keySet().retainAll(disputed);
        for (String name : disputed) {
            Long since = disputedSince.get(name);
            if (since == null) {
                cache.forget(name);
                disputedSince.put(name, System.nanoTime());
                LOG.warn(
                        "Another instance has another file for {}: until all have the same, each change drops all of "
                                + "its entries",
                        name);
            } else if (tables.serves(name) && System.nanoTime() - since > RESPECT) {
                cache.adopt(name, adopted.get(name), true);
                disputedSince.remove(name);
                LOG.info("{} is served by this instance's file again", name);
            }
        }
    }
}
