package io.cdccascade.doctor;

import io.cdccascade.cache.RedisSettings;
import io.cdccascade.cache.ServerAdvice;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.List;
import java.util.Map;

/** One server of Redis. */
final class RedisServer {

    private static final int OLDEST = 7;
    /** In bytes, where Redis does not say how much there is. */
    private static final long LEAST_MEMORY = 64L << 20;

    private final RedisSettings settings;
    private final RedisSettings.Node node;
    private final RedisCommands<String, String> redis;

    RedisServer(RedisSettings settings, RedisSettings.Node node, RedisCommands<String, String> redis) {
        this.settings = settings;
        this.node = node;
        this.redis = redis;
    }

    void examine(Findings findings) {
        String info = redis.info();
        Map<String, String> fields = ServerAdvice.fields(info);
        version(fields.getOrDefault("redis_version", "0"), findings);
        role(fields, findings);
        advice(info, fields, findings);
        writes(fields, findings);
        configuration(fields, findings);
    }

    private String here() {
        return "Redis at " + node.host() + ":" + node.port();
    }

    private void version(String version, Findings findings) {
        if (Integer.parseInt(version.replaceFirst("\\D.*", "")) < OLDEST) {
            findings.warning(
                    "version",
                    here() + " is " + version + ", which was never tried",
                    "upgrade it to " + OLDEST + " or newer");
        } else {
            findings.ok("version", version + " at " + node.host() + ":" + node.port());
        }
    }

    private void role(Map<String, String> fields, Findings findings) {
        if ("slave".equals(fields.get("role"))) {
            findings.error(
                    "role",
                    here()
                            + " is a replica: it refuses writes, so that nothing is cached or invalidated, and may be behind",
                    "set cascade.redis.host and cascade.redis.port to the primary, " + fields.get("master_host") + ":"
                            + fields.get("master_port") + "; or, if this is to be the primary: REPLICAOF NO ONE;");
        } else {
            findings.ok("role", "not a replica");
        }
    }

    private void advice(String info, Map<String, String> fields, Findings findings) {
        List<String> advice = ServerAdvice.of(info, settings);
        for (String sentence : advice) {
            if (sentence.contains("cascade.redis.cluster")) {
                findings.error("cluster", sentence, "");
            } else {
                findings.warning("maxmemory-policy", sentence, "");
            }
        }
        if ("0".equals(fields.get("maxmemory"))) {
            long half = Long.parseLong(fields.getOrDefault("total_system_memory", "0")) / 2;
            findings.warning(
                    "maxmemory",
                    here() + " has no maxmemory: it grows until the host has no memory left, and is then killed",
                    "CONFIG SET maxmemory " + Math.max(half, LEAST_MEMORY)
                            + "; CONFIG SET maxmemory-policy volatile-lru; and both in redis.conf");
        } else if (advice.isEmpty()) {
            findings.ok(
                    "maxmemory",
                    fields.get("maxmemory_human") + ", " + fields.get("maxmemory_policy") + ", "
                            + fields.get("used_memory_human") + " used");
        }
    }

    /** What makes Redis refuse writes although it is up. */
    private void writes(Map<String, String> fields, Findings findings) {
        if ("err".equals(fields.get("aof_last_write_status"))) {
            findings.error(
                    "persistence",
                    here() + " cannot write its append-only file and refuses writes: nothing is cached or invalidated",
                    "make room on its disk; or do without, the cache needs no persistence: CONFIG SET appendonly no; and in redis.conf");
        }
        if (!"0".equals(fields.getOrDefault("cluster_enabled", "0"))) {
            findings.attempt("cluster", () -> {
                if (!redis.clusterInfo().contains("cluster_state:ok")) {
                    findings.error(
                            "cluster",
                            here()
                                    + " says that the cluster is down: slots are not served, and their keys are read from"
                                    + " PostgreSQL",
                            "start the masters that are down; redis-cli --cluster check " + node.host() + ":"
                                    + node.port() + " names them");
                }
            });
        }
    }

    /** What INFO does not say. A role may be forbidden to ask for it, and many providers do not allow it. */
    private void configuration(Map<String, String> fields, Findings findings) {
        try {
            saving(fields, findings);
            replicas(fields, findings);
            if (settings.cluster()) {
                ServerAdvice.ofCoverage(redis.configGet(ServerAdvice.COVERAGE), settings)
                        .forEach(advice -> findings.warning("coverage", advice, ""));
            }
        } catch (RedisCommandExecutionException e) {
            findings.note(
                    "CONFIG GET",
                    here() + " does not allow CONFIG GET (" + Findings.cause(e) + "): persistence and replicas were not"
                            + " checked, the application does not need it",
                    "ACL SETUSER default +config|get; for the user that the application logs in as");
        }
    }

    private void saving(Map<String, String> fields, Findings findings) {
        boolean appends = "1".equals(fields.get("aof_enabled"));
        if (appends && "always".equals(redis.configGet("appendfsync").get("appendfsync"))) {
            findings.warning(
                    "appendfsync",
                    here()
                            + " waits for its disk at every write, so every fill and invalidation does, for a cache that needs"
                            + " no persistence",
                    "CONFIG SET appendfsync everysec; and in redis.conf");
        }
        if ("err".equals(fields.get("rdb_last_bgsave_status"))
                && "yes".equals(redis.configGet("stop-writes-on-bgsave-error").get("stop-writes-on-bgsave-error"))
                && !redis.configGet("save").getOrDefault("save", "").isEmpty()) {
            findings.error(
                    "persistence",
                    here() + " could not save a snapshot and refuses writes: nothing is cached or invalidated",
                    "make room on its disk; or do without, the cache needs no persistence: CONFIG SET save \"\"; and in redis.conf");
        }
    }

    private void replicas(Map<String, String> fields, Findings findings) {
        int needed =
                Integer.parseInt(redis.configGet("min-replicas-to-write").getOrDefault("min-replicas-to-write", "0"));
        int connected = Integer.parseInt(fields.getOrDefault("connected_slaves", "0"));
        int good = Integer.parseInt(fields.getOrDefault("min_slaves_good_slaves", "0"));
        if (needed > good) {
            findings.error(
                    "replicas",
                    here() + " has " + good + " replica(s) that keep up, but min-replicas-to-write=" + needed
                            + ": it refuses writes, so that nothing is cached or invalidated",
                    "start the replicas; or CONFIG SET min-replicas-to-write " + good + "; and in redis.conf");
        } else if (needed == 0 && connected > 0) {
            findings.warning(
                    "replicas",
                    here()
                            + " has replicas and min-replicas-to-write=0: a primary that is cut off goes on answering while"
                            + " another one takes over",
                    "CONFIG SET min-replicas-to-write 1; and in redis.conf");
        } else {
            findings.ok("replicas", connected + " connected, " + needed + " needed to write");
        }
    }
}
