package io.cdccascade.cache;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a user should change about a Redis, read from its INFO, which the scripts need to be allowed in any case. The reasons
 * for what is said of {@code maxmemory-policy} are in docs/deployment.md.
 */
public final class ServerAdvice {

    /** They evict what was written last as soon as anything else. */
    private static final Map<String, String> HARMFUL = Map.of(
            "volatile-ttl", "evicts first what expires first, and so fences before entries",
            "allkeys-random", "evicts a fence as soon as anything else",
            "volatile-random", "evicts a fence as soon as anything else",
            "allkeys-lfu", "evicts a new fence before an entry that is read often",
            "volatile-lfu", "evicts a new fence before an entry that is read often");

    private static final Logger LOG = LoggerFactory.getLogger(ServerAdvice.class);
    /** The setting of a cluster's node that says whether it answers while slots are not covered. */
    public static final String COVERAGE = "cluster-require-full-coverage";

    private final RedisSettings settings;
    private final Set<String> given = new HashSet<>();

    ServerAdvice(RedisSettings settings) {
        this.settings = settings;
    }

    /**
     * Asks every master and logs what should be changed, each sentence once.
     *
     * @param loop  where the connection is used
     * @param flush to be called after a command
     */
    void ask(LettuceClient.Link link, Executor loop, Runnable flush) {
        for (CompletableFuture<RedisClusterAsyncCommands<byte[], byte[]>> master : link.masters()) {
            master.thenComposeAsync(server -> asked(server.info(), flush), loop)
                    .whenComplete((info, failure) -> log(failure == null ? of(info, settings) : List.of()));
            if (settings.cluster()) {
                master.thenComposeAsync(server -> asked(server.configGet(COVERAGE), flush), loop)
                        .whenComplete(
                                (config, failure) -> log(failure == null ? ofCoverage(config, settings) : List.of()));
            }
        }
    }

    private static <T> RedisFuture<T> asked(RedisFuture<T> reply, Runnable flush) {
        flush.run();
        return reply;
    }

    /** Logs what a failure to connect calls for, if it does. */
    void failed(Throwable failure) {
        log(ofFailure(failure, settings));
    }

    private synchronized void log(List<String> advice) {
        advice.stream().filter(given::add).forEach(LOG::warn);
    }

    /** The same for a node's setting {@value #COVERAGE}. */
    public static List<String> ofCoverage(Map<String, String> config, RedisSettings settings) {
        return "no".equals(config.get(COVERAGE))
                ? List.of(
                        "Redis at " + settings + " has " + COVERAGE + " no: while a master is missing, the others go on"
                                + " answering, and changes of theirs wait with those of the missing one. Set it to yes (CONFIG SET "
                                + COVERAGE + " yes, and in redis.conf)")
                : List.of();
    }

    /** The fields of an INFO. */
    public static Map<String, String> fields(String info) {
        return info.lines()
                .filter(line -> line.indexOf(':') > 0)
                .collect(Collectors.toMap(
                        line -> line.substring(0, line.indexOf(':')),
                        line -> line.substring(line.indexOf(':') + 1),
                        (first, second) -> first));
    }

    /** Sentences for the log, each naming what is wrong and what to do; none where all is well. */
    public static List<String> of(String info, RedisSettings settings) {
        Map<String, String> fields = fields(info);
        List<String> advice = new ArrayList<>();
        if (!settings.cluster() && "cluster".equals(fields.get("redis_mode"))) {
            advice.add("Redis at " + settings
                    + " is a node of a Redis Cluster, whose other nodes are not asked: most reads"
                    + " go without the cache, and invalidation stands still. Set cascade.redis.cluster=true"
                    + " (CASCADE_REDIS_CLUSTER)");
        }
        String policy = fields.get("maxmemory_policy");
        boolean bounded = !"0".equals(fields.getOrDefault("maxmemory", "0"));
        if (bounded && HARMFUL.containsKey(policy)) {
            advice.add("Redis at " + settings + " has maxmemory-policy " + policy + ", which " + HARMFUL.get(policy)
                    + ": when its memory is full, a stale row may be stored and stay until it expires. Set it to"
                    + " volatile-lru (CONFIG SET maxmemory-policy volatile-lru, and in redis.conf)");
        } else if (bounded && "noeviction".equals(policy)) {
            advice.add(
                    "Redis at " + settings + " has maxmemory-policy noeviction: when its memory is full, nothing more"
                            + " is stored until entries expire. No row becomes stale by that, but to keep the rows that are"
                            + " read, set it to volatile-lru (CONFIG SET maxmemory-policy volatile-lru, and in redis.conf)");
        }
        return advice;
    }

    /** The same for a connection that failed. */
    public static List<String> ofFailure(Throwable failure, RedisSettings settings) {
        return says(failure, "cluster support disabled", new HashSet<>())
                ? List.of(
                        "Redis at " + settings + " is not a Redis Cluster: set cascade.redis.cluster=false"
                                + " (CASCADE_REDIS_CLUSTER). Until then reads go without the cache, and invalidation stands still")
                : List.of();
    }

    private static boolean says(Throwable failure, String text, Set<Throwable> seen) {
        if (failure == null || !seen.add(failure)) {
            return false;
        }
        if (failure.getMessage() != null && failure.getMessage().contains(text)) {
            return true;
        }
        for (Throwable suppressed : failure.getSuppressed()) {
            if (says(suppressed, text, seen)) {
                return true;
            }
        }
        return says(failure.getCause(), text, seen);
    }
}
