package io.cdccascade.doctor;

import io.cdccascade.cache.RedisSettings;
import io.cdccascade.cache.ServerAdvice;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.models.partitions.ClusterPartitionParser;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Redis, asked with INFO, TIME, CONFIG GET and CLUSTER NODES and nothing else; of a cluster every master. */
final class RedisExamination implements Examination {

    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private final RedisSettings settings;
    private final ClockCheck clocks;

    RedisExamination(RedisSettings settings, ClockCheck clocks) {
        this.settings = settings;
        this.clocks = clocks;
    }

    @Override
    public String server() {
        return "Redis";
    }

    @Override
    public void examine(Findings findings) {
        ClientResources resources = ClientResources.builder()
                .ioThreadPoolSize(2)
                .computationThreadPoolSize(2)
                .build();
        RedisClient client = RedisClient.create(resources);
        client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .socketOptions(SocketOptions.builder().connectTimeout(TIMEOUT).build())
                .timeoutOptions(TimeoutOptions.enabled(TIMEOUT))
                .build());
        try {
            for (RedisSettings.Node node : nodes(client, findings)) {
                node(client, node, findings);
            }
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
            resources.shutdown();
        }
    }

    /** The server; of a cluster the masters that serve slots, by the first of the named nodes that answers. */
    private List<RedisSettings.Node> nodes(RedisClient client, Findings findings) {
        if (!settings.cluster()) {
            return settings.nodes();
        }
        for (RedisSettings.Node node : settings.nodes()) {
            try (StatefulRedisConnection<String, String> connection = client.connect(uri(node))) {
                List<RedisSettings.Node> masters = new ArrayList<>();
                for (RedisClusterNode known :
                        ClusterPartitionParser.parse(connection.sync().clusterNodes())) {
                    if (known.is(RedisClusterNode.NodeFlag.UPSTREAM)
                            && !known.getSlots().isEmpty()) {
                        masters.add(new RedisSettings.Node(
                                known.getUri().getHost(), known.getUri().getPort()));
                    }
                }
                return masters;
            } catch (RuntimeException e) {
                List<String> advice = ServerAdvice.ofFailure(e, settings);
                if (!advice.isEmpty()) {
                    findings.error("cluster", advice.get(0), "");
                    return List.of();
                }
                unreachable(node, e, findings);
            }
        }
        return List.of();
    }

    private void node(RedisClient client, RedisSettings.Node node, Findings findings) {
        try (StatefulRedisConnection<String, String> connection = client.connect(uri(node))) {
            RedisCommands<String, String> redis = connection.sync();
            new RedisServer(settings, node, redis).examine(findings);
            findings.attempt("clock", () -> clocks.compare(() -> millis(redis.time()), findings));
        } catch (RuntimeException e) {
            unreachable(node, e, findings);
        }
    }

    private static long millis(List<String> secondsAndMicros) {
        return Long.parseLong(secondsAndMicros.get(0)) * 1000 + Long.parseLong(secondsAndMicros.get(1)) / 1000;
    }

    private static void unreachable(RedisSettings.Node node, RuntimeException failure, Findings findings) {
        String cause = Findings.cause(failure);
        boolean refused = cause.startsWith("WRONGPASS") || cause.startsWith("NOAUTH") || cause.contains("AUTH");
        findings.error(
                "reachable",
                "Redis at " + node.host() + ":" + node.port() + " cannot be used: " + cause
                        + ". Reads go to PostgreSQL, and invalidation waits",
                cause.startsWith("NOPERM")
                        ? "let the user of cascade.redis.password run INFO and TIME"
                        : refused
                                ? "set cascade.redis.password to the server's"
                                : "start it, or set cascade.redis.host and cascade.redis.port to its address");
    }

    private RedisURI uri(RedisSettings.Node node) {
        RedisURI.Builder uri =
                RedisURI.builder().withHost(node.host()).withPort(node.port()).withTimeout(TIMEOUT);
        return settings.hasPassword()
                ? uri.withPassword(settings.password().toCharArray()).build()
                : uri.build();
    }
}
