package io.cdccascade.cache;

import java.util.Map;
import org.redisson.api.RMap;

/**
 * How far the change topics have been applied to this Redis. It is kept in two hashes beside the entries that rely on it, so
 * that a Redis that loses one loses the other.
 *
 * <p>Calls block, and throw {@link org.redisson.client.RedisException} when Redis does not answer in the time that the
 * client allows.
 */
public final class AppliedChanges {

    /** What {@link #next} says where nothing is known. */
    public static final long UNKNOWN = -1;

    private final WriteConnection redis;
    private final String topics;
    private final String offsets;

    /**
     * @param redis    a connection that tries again
     * @param settings how the cache behaves
     */
    public AppliedChanges(WriteConnection redis, CacheSettings settings) {
        String bucket =
                new KeySpace(settings.prefix(), settings.buckets()).buckets().get(0);
        this.redis = redis;
        this.topics = bucket + ":topics";
        this.offsets = bucket + ":offsets";
    }

    /** The ids of the topics whose changes were applied, by their names. */
    public Map<String, String> topics() {
        return redis.hash(topics, RMap::readAllMap);
    }

    /** From here on changes come from the topic with this id. */
    public void topic(String name, String id) {
        redis.hash(topics, map -> map.fastPut(name, id));
    }

    /** The offset below which everything in a partition is applied, or {@link #UNKNOWN}. */
    public long next(String partition) {
        String next = redis.hash(offsets, map -> map.get(partition));
        return next == null ? UNKNOWN : Long.parseLong(next);
    }

    /** Everything below this offset is applied, or forgotten. */
    public void next(String partition, long offset) {
        redis.hash(offsets, map -> map.fastPut(partition, String.valueOf(offset)));
    }

    /** The same for several partitions, in one call. */
    public void next(Map<String, String> offsetsByPartition) {
        redis.hash(offsets, map -> {
            map.putAll(offsetsByPartition);
            return null;
        });
    }
}
