package io.cdccascade.cache;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/**
 * What things are called in Redis. The bucket in braces is a Redis Cluster hash tag: an entry, its sidecar and its
 * bucket's memory share a slot, so that one script may touch all three.
 */
final class KeySpace {

    private final String prefix;
    private final int buckets;

    KeySpace(String prefix, int buckets) {
        this.prefix = prefix;
        this.buckets = buckets;
    }

    /** The hash that shows the row. */
    String entry(CacheKey key) {
        return bucket(key) + ":" + table(key.table()) + ":" + escape(key.key());
    }

    /** The hash with the key's lease and fences. No entry is called like that: in a key, colons are escaped. */
    String sidecar(CacheKey key) {
        return entry(key) + ":fence";
    }

    /** The hash that knows the epochs and floors of the tables' keys in the bucket. */
    String bucket(CacheKey key) {
        CRC32 hash = new CRC32();
        hash.update((table(key.table()) + ":" + escape(key.key())).getBytes(StandardCharsets.UTF_8));
        return bucket((int) (hash.getValue() % buckets));
    }

    List<String> buckets() {
        return IntStream.range(0, buckets).mapToObj(this::bucket).toList();
    }

    /** The table's name as it stands in keys and in the fields of a bucket. */
    String table(String table) {
        return escape(table);
    }

    private String bucket(int number) {
        return prefix + ":{" + number + "}";
    }

    static String unescape(String text) {
        return text.replace("%3A", ":").replace("%25", "%");
    }

    private static String escape(String text) {
        return text.replace("%", "%25").replace(":", "%3A");
    }
}
