package io.cdccascade.bench;

import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.KeysScanOptions;
import org.redisson.api.redisnode.RedisNode.InfoSection;
import org.redisson.api.redisnode.RedisNodes;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

/** The Redis of the application that is measured, seen from outside. */
final class BenchRedis implements AutoCloseable {

    private final RedissonClient redis;

    /** @param settings where Redis is, as the application's settings say it */
    BenchRedis(Map<String, String> settings) {
        Config config = new Config();
        config.setCodec(StringCodec.INSTANCE).setThreads(1).setNettyThreads(1);
        config.useSingleServer()
                .setAddress("redis://" + settings.getOrDefault("cascade.redis.host", "127.0.0.1") + ":"
                        + settings.get("cascade.redis.port"))
                .setPassword(settings.get("cascade.redis.password"))
                .setConnectionMinimumIdleSize(1)
                .setTimeout(10_000);
        redis = Redisson.create(config);
    }

    /** The processor time that Redis has used so far, in microseconds. */
    double cpuMicros() {
        Map<String, String> cpu =
                redis.getRedisNodes(RedisNodes.SINGLE).getInstance().info(InfoSection.CPU);
        return 1e6 * (Double.parseDouble(cpu.get("used_cpu_sys")) + Double.parseDouble(cpu.get("used_cpu_user")));
    }

    /** What Redis uses, in bytes. */
    long memory() {
        return Long.parseLong(redis.getRedisNodes(RedisNodes.SINGLE)
                .getInstance()
                .info(InfoSection.MEMORY)
                .get("used_memory"));
    }

    /** Drops what is cached under such names, as Redis may at any time when memory is short. */
    void forget(String pattern) {
        redis.getKeys().unlinkByPattern(pattern);
    }

    /** The only key with such a name. */
    String name(String pattern) {
        Iterator<String> names = redis.getKeys()
                .getKeys(KeysScanOptions.defaults().pattern(pattern))
                .iterator();
        if (!names.hasNext()) {
            throw new IllegalStateException("Nothing is cached as " + pattern);
        }
        String name = names.next();
        if (names.hasNext()) {
            throw new IllegalStateException("Both " + name + " and " + names.next() + " are called " + pattern);
        }
        return name;
    }

    /** What MEMORY USAGE says of a key, in bytes. */
    long bytes(String name) {
        return redis.getBucket(name).sizeInMemory();
    }

    /** Replaces an entry by a plain text with the same lifetime. */
    void replace(String name, String text) {
        long millis = redis.getBucket(name).remainTimeToLive();
        redis.getKeys().unlink(name);
        redis.getBucket(name).set(text, Duration.ofMillis(millis));
    }

    /** Waits until no key has been added or dropped for three seconds: until the events of a moment ago are applied. */
    void awaitQuiet() throws InterruptedException {
        long count = -1;
        for (int same = 0; same < 3; ) {
            long now = redis.getKeys().count();
            same = now == count ? same + 1 : 0;
            count = now;
            TimeUnit.SECONDS.sleep(1);
        }
    }

    @Override
    public void close() {
        redis.shutdown();
    }
}
