package io.cdccascade.support;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.awaitility.Awaitility;
import org.redisson.Redisson;
import org.redisson.api.RBucket;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.KeysScanOptions;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

/** What stands in the system's Redis, seen past the cache's own code. */
public final class CacheContents implements AutoCloseable {

    private static final String TABLE = "public.sinners";

    private final RedissonClient redis;
    private final String prefix;

    public CacheContents(CascadeSystem system) {
        CamelContext context = system.context();
        Config config = new Config();
        config.useSingleServer()
                .setAddress("redis://127.0.0.1:" + system.servers().redis().port())
                .setPassword(context.resolvePropertyPlaceholders("{{cascade.redis.password}}"))
                .setConnectionMinimumIdleSize(1);
        redis = Redisson.create(
                config.setCodec(StringCodec.INSTANCE).setThreads(1).setNettyThreads(2));
        prefix = context.resolvePropertyPlaceholders("{{cascade.cache.prefix}}");
    }

    /** A client of this Redis, whose values are texts. */
    public RedissonClient redis() {
        return redis;
    }

    /** FLUSHALL; of a Redis that has just started again, too, to which this client has yet to reconnect. */
    public void flush() {
        Awaitility.await().ignoreExceptions().atMost(Duration.ofSeconds(30)).until(() -> {
            redis.getKeys().flushall();
            return true;
        });
    }

    /** What a person sees of a row's entry with GET. */
    public RBucket<String> entry(long code) {
        return redis.getBucket(names(":" + code).iterator().next());
    }

    /** The rows of {@code public.sinners} that lookups answer with, by key; an empty text where there is no row. */
    public Map<Long, String> rows() {
        Map<Long, String> rows = new TreeMap<>();
        for (String name : names(":*")) {
            if (name.endsWith(":fence")) {
                continue;
            }
            String entry = redis.<String>getBucket(name).get();
            if (entry == null) {
                continue;
            }
            String bucket = name.substring(0, name.indexOf('}') + 1);
            // What an epoch before has left is not answered any more, and expires.
            if (entry.startsWith(redis.<String, String>getMap(bucket).get(TABLE + ":epoch") + " ")) {
                int head = entry.indexOf('\n');
                rows.put(
                        Long.valueOf(name.substring(name.lastIndexOf(':') + 1)),
                        head < 0 ? "" : entry.substring(head + 1));
            }
        }
        return rows;
    }

    /** What a person sees with HGETALL, of the one hash whose name ends like this; empty if there is none. */
    public Map<String, String> hash(String end) {
        for (String name : redis.getKeys().getKeys(KeysScanOptions.defaults().pattern(prefix + ":{*}:" + end))) {
            return redis.<String, String>getMap(name).readAllMap();
        }
        return Map.of();
    }

    /** What a person sees with GET, of the one entry whose name ends like this; null if there is none. */
    public String text(String end) {
        for (String name : redis.getKeys().getKeys(KeysScanOptions.defaults().pattern(prefix + ":{*}:" + end))) {
            return redis.<String>getBucket(name).get();
        }
        return null;
    }

    private Iterable<String> names(String end) {
        return redis.getKeys().getKeys(KeysScanOptions.defaults().pattern(prefix + ":{*}:" + TABLE + end));
    }

    @Override
    public void close() {
        redis.shutdown();
    }
}
