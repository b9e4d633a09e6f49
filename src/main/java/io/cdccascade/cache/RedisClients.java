package io.cdccascade.cache;

import java.time.Duration;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.redisson.config.ConstantDelay;
import org.redisson.config.EqualJitterDelay;

/** Makes clients of Redis. */
public final class RedisClients {

    private static final int CONNECTIONS = 16;
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(250);

    private RedisClients() {}

    /**
     * A client that connects when it is first used, so that Redis may be away when the application starts.
     *
     * @param password      null or empty if Redis asks for none
     * @param timeoutMillis how long to wait for a connection, and for each answer
     * @param attempts      how often to try, at least 1, a quarter of a second apart. Readers: once, for they can ask
     *                      PostgreSQL. Invalidations: often.
     * @param threads       threads that talk to Redis; one or two serve a small machine best
     */
    public static RedissonClient create(
            String host, int port, String password, int timeoutMillis, int attempts, int threads) {
        Config config = new Config()
                .setLazyInitialization(true)
                .setUseScriptCache(true)
                .setThreads(threads)
                .setNettyThreads(threads);
        // Arguments are text: none needs to be asked whether it is an object of Redisson's.
        config.setReferenceEnabled(false);
        config.useSingleServer()
                .setAddress("redis://" + host + ":" + port)
                .setPassword(password == null || password.isEmpty() ? null : password)
                .setTimeout(timeoutMillis)
                .setConnectTimeout(timeoutMillis)
                .setRetryAttempts(attempts - 1)
                .setRetryDelay(new ConstantDelay(BETWEEN_ATTEMPTS))
                .setReconnectionDelay(new EqualJitterDelay(Duration.ofMillis(100), Duration.ofSeconds(1)))
                .setConnectionPoolSize(CONNECTIONS)
                .setConnectionMinimumIdleSize(1)
                .setSubscriptionConnectionMinimumIdleSize(1)
                .setSubscriptionConnectionPoolSize(1);
        return Redisson.create(config);
    }
}
