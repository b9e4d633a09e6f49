package io.cdccascade.cache;

import java.time.Duration;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.redisson.config.ConstantDelay;
import org.redisson.config.EqualJitterDelay;

/** Makes the client of those who have to reach Redis: invalidations. Readers have {@link ReadConnection}. */
public final class RedisClients {

    private static final int CONNECTIONS = 16;
    private static final int THREADS = 2;
    private static final int ATTEMPTS = 3;
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(250);

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
        config.useSingleServer()
                .setAddress("redis://" + settings.host() + ":" + settings.port())
                .setPassword(settings.hasPassword() ? settings.password() : null)
                .setTimeout(settings.writeTimeoutMillis())
                .setConnectTimeout(settings.writeTimeoutMillis())
                .setRetryAttempts(ATTEMPTS - 1)
                .setRetryDelay(new ConstantDelay(BETWEEN_ATTEMPTS))
                .setReconnectionDelay(new EqualJitterDelay(Duration.ofMillis(100), Duration.ofSeconds(1)))
                .setConnectionPoolSize(CONNECTIONS)
                .setConnectionMinimumIdleSize(1)
                .setSubscriptionConnectionMinimumIdleSize(1)
                .setSubscriptionConnectionPoolSize(1);
        return Redisson.create(config);
    }
}
