package io.cdccascade.cache;

import java.time.Duration;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.BaseConfig;
import org.redisson.config.ClusterServersConfig;
import org.redisson.config.Config;
import org.redisson.config.ConstantDelay;
import org.redisson.config.EqualJitterDelay;
import org.redisson.config.ReadMode;
import org.redisson.config.SingleServerConfig;
import org.redisson.config.SubscriptionMode;

/** Makes the clients of {@link WriteConnection}. */
public final class RedisClients {

    private static final int CONNECTIONS = 16;
    private static final int THREADS = 2;
    private static final int ATTEMPTS = 3;
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(250);
    /** How often a cluster is asked who serves what. */
    private static final int TOPOLOGY_MILLIS = 1000;

    private RedisClients() {}

    /** A client that connects when it is first used, so that Redis may be unreachable when the application starts. */
    public static RedissonClient patient(RedisSettings settings) {
        Config config = new Config()
                .setLazyInitialization(true)
                .setUseScriptCache(true)
                .setThreads(THREADS)
                .setNettyThreads(THREADS);
        // Arguments are text: none needs to be asked whether it is an object of Redisson's.
        config.setReferenceEnabled(false);
        if (settings.cluster()) {
            cluster(config.useClusterServers(), settings);
        } else {
            single(config.useSingleServer(), settings);
        }
        return Redisson.create(config);
    }

    private static void single(SingleServerConfig config, RedisSettings settings) {
        common(config, settings)
                .setAddress(address(settings.nodes().get(0)))
                .setConnectionPoolSize(CONNECTIONS)
                .setConnectionMinimumIdleSize(1)
                .setSubscriptionConnectionPoolSize(1)
                .setSubscriptionConnectionMinimumIdleSize(1);
    }

    /** Only masters are asked: what a replica says may be older than a change that was applied. */
    private static void cluster(ClusterServersConfig config, RedisSettings settings) {
        common(config, settings)
                .setReadMode(ReadMode.MASTER)
                .setSubscriptionMode(SubscriptionMode.MASTER)
                .setScanInterval(TOPOLOGY_MILLIS)
                // While a master is missing, the others' entries are still to be invalidated.
                .setCheckSlotsCoverage(false)
                .setMasterConnectionPoolSize(CONNECTIONS)
                .setMasterConnectionMinimumIdleSize(1)
                .setSubscriptionConnectionPoolSize(1)
                .setSubscriptionConnectionMinimumIdleSize(1)
                .setNodeAddresses(
                        settings.nodes().stream().map(RedisClients::address).toList());
    }

    private static <C extends BaseConfig<C>> C common(C config, RedisSettings settings) {
        return config.setPassword(settings.hasPassword() ? settings.password() : null)
                .setTimeout(settings.writeTimeoutMillis())
                .setConnectTimeout(settings.writeTimeoutMillis())
                .setRetryAttempts(ATTEMPTS - 1)
                .setRetryDelay(new ConstantDelay(BETWEEN_ATTEMPTS))
                .setReconnectionDelay(new EqualJitterDelay(Duration.ofMillis(100), Duration.ofSeconds(1)));
    }

    private static String address(RedisSettings.Node node) {
        String host = node.host().contains(":") ? "[" + node.host() + "]" : node.host();
        return "redis://" + host + ":" + node.port();
    }
}
