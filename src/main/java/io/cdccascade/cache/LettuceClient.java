package io.cdccascade.cache;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Connects readers to Redis on one event loop: to a single server, or to a cluster, whose slots it follows as they move
 * and whose masters alone it asks. Nothing here blocks; everything is called on that loop.
 */
final class LettuceClient implements AutoCloseable {

    private static final int LONGEST_QUEUE = 50_000;
    /** How often a cluster is asked who serves what; redirections and broken connections make it ask at once. */
    private static final Duration TOPOLOGY_PERIOD = Duration.ofSeconds(10);

    private static final Duration TOPOLOGY_PAUSE = Duration.ofMillis(500);
    private static final int FLUSHES_AT_ONCE = 256;

    private final RedisSettings settings;
    private final ClientResources resources;
    private final RedisClient single;
    private final RedisClusterClient cluster;
    private long lastSuspicion = System.nanoTime();

    LettuceClient(EventLoop loop, RedisSettings settings) {
        this.settings = settings;
        ClientResources.Builder shared = ClientResources.builder()
                .eventLoopGroupProvider(new OneLoop(loop))
                .computationThreadPoolSize(2)
                .reconnectDelay(
                        Delay.equalJitter(Duration.ofMillis(50), Duration.ofSeconds(1), 2, TimeUnit.MILLISECONDS));
        List<RedisURI> uris = settings.nodes().stream().map(this::uri).toList();
        if (settings.cluster()) {
            this.resources = shared.nettyCustomizer(new OneWriteATurn()).build();
            this.single = null;
            this.cluster = RedisClusterClient.create(resources, uris);
            cluster.setOptions(clusterOptions());
        } else {
            this.resources = shared.build();
            this.cluster = null;
            this.single = RedisClient.create(resources, uris.get(0));
            single.setOptions(common(ClientOptions.builder()).build());
        }
    }

    /** What one turn of the loop asks goes out in one write to each node, also what is sent again after a redirection. */
    private static final class OneWriteATurn implements NettyCustomizer {

        @Override
        public void afterChannelInitialized(Channel channel) {
            channel.pipeline().addFirst(new FlushConsolidationHandler(FLUSHES_AT_ONCE, true));
        }
    }

    private RedisURI uri(RedisSettings.Node node) {
        RedisURI.Builder uri = RedisURI.builder()
                .withHost(node.host())
                .withPort(node.port())
                .withTimeout(Duration.ofMillis(settings.writeTimeoutMillis()));
        return settings.hasPassword()
                ? uri.withPassword(settings.password().toCharArray()).build()
                : uri.build();
    }

    private <B extends ClientOptions.Builder> B common(B options) {
        options.disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(LONGEST_QUEUE)
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(Duration.ofMillis(settings.writeTimeoutMillis()))
                        .build());
        return options;
    }

    private ClusterClientOptions clusterOptions() {
        return common(ClusterClientOptions.builder())
                .topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                        .enablePeriodicRefresh(TOPOLOGY_PERIOD)
                        .enableAllAdaptiveRefreshTriggers()
                        .adaptiveRefreshTriggersTimeout(TOPOLOGY_PAUSE)
                        .refreshTriggersReconnectAttempts(1)
                        .build())
                // A node that has just joined may already be named by a redirection.
                .validateClusterNodeMembership(false)
                .build();
    }

    /**
     * A connection to Redis, or one to each master of a cluster.
     *
     * @param flushed whether it writes what it is given without being told to
     */
    record Link(
            StatefulConnection<byte[], byte[]> connection,
            RedisClusterAsyncCommands<byte[], byte[]> commands,
            boolean flushed) {

        private static Link to(StatefulRedisConnection<byte[], byte[]> server) {
            server.setAutoFlushCommands(false);
            return new Link(server, server.async(), false);
        }

        private static Link to(StatefulRedisClusterConnection<byte[], byte[]> cluster) {
            return new Link(cluster, cluster.async(), true);
        }

        /** Closes the connection; the client, which warns of what is closed already, closes a cluster's. */
        void close() {
            if (connection instanceof StatefulRedisConnection<byte[], byte[]>) {
                connection.closeAsync();
            }
        }

        /** The commands of each server that may be asked: of the one, or of every master that is known. */
        List<CompletableFuture<RedisClusterAsyncCommands<byte[], byte[]>>> masters() {
            if (connection instanceof StatefulRedisClusterConnection<byte[], byte[]> cluster) {
                return cluster.getPartitions().stream()
                        .filter(node -> node.is(RedisClusterNode.NodeFlag.UPSTREAM))
                        .map(node -> cluster.getConnectionAsync(
                                        node.getUri().getHost(), node.getUri().getPort())
                                .<RedisClusterAsyncCommands<byte[], byte[]>>thenApply(StatefulRedisConnection::async))
                        .toList();
            }
            return List.of(CompletableFuture.completedFuture(commands));
        }
    }

    /** Connects; fails if Redis cannot be reached, and may then be called again. */
    CompletionStage<Link> connect() {
        return settings.cluster()
                ? cluster.refreshPartitionsAsync()
                        .thenCompose(known -> cluster.connectAsync(ByteArrayCodec.INSTANCE))
                        .thenApply(Link::to)
                : single.connectAsync(
                                ByteArrayCodec.INSTANCE, uri(settings.nodes().get(0)))
                        .thenApply(Link::to);
    }

    /** A server did not answer in time: whether another one of the cluster serves its slots by now is asked soon. */
    void suspect() {
        long now = System.nanoTime();
        if (settings.cluster() && now - lastSuspicion > TOPOLOGY_PAUSE.toNanos()) {
            lastSuspicion = now;
            cluster.refreshPartitionsAsync();
        }
    }

    @Override
    public void close() {
        (settings.cluster() ? cluster : single)
                .shutdownAsync(0, 1, TimeUnit.SECONDS)
                .whenComplete((done, failure) -> resources.shutdown(0, 1, TimeUnit.SECONDS));
    }
}
