package io.cdccascade.cache;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/**
 * What things are called in Redis. The bucket in braces is a Redis Cluster hash tag: an entry, its fences and its
 * bucket's memory share a slot, so that one script may touch all three.
 */
final class KeySpace {

    private static final int KEYS_PER_CALL = 100;

    private final List<String> buckets;

    KeySpace(String prefix, int buckets) {
        this.buckets = IntStream.range(0, buckets)
                .mapToObj(number -> prefix + ":{" + number + "}")
                .toList();
    }

    /** The string that is the {@link Entry}. */
    String entry(CacheKey key) {
        String name = name(key);
        return bucketOf(name) + ":" + name;
    }

    /** The hash with the key's lease and fences. */
    String fences(CacheKey key) {
        return fences(entry(key));
    }

    /** The same, by the entry's name. No entry is called like that: in a key, colons are escaped. */
    String fences(String entry) {
        return entry + ":fence";
    }

    /** The hash that knows the epochs and floors of the tables' keys in the bucket. */
    String bucket(CacheKey key) {
        return bucketOf(name(key));
    }

    /** The same, by the entry's name. */
    String bucket(String entry) {
        return entry.substring(0, entry.indexOf('}') + 1);
    }

    List<String> buckets() {
        return buckets;
    }

    /**
     * Which keys go into one call of a reader's, by their places.
     *
     * @param cluster whether one call may only touch one bucket
     */
    Collection<List<Integer>> calls(List<CacheKey> keys, boolean cluster) {
        Map<String, List<Integer>> calls = new LinkedHashMap<>();
        Map<String, Integer> sizes = new HashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            String slot = cluster ? bucket(keys.get(i)) : "";
            int before = sizes.merge(slot, 1, Integer::sum) - 1;
            calls.computeIfAbsent(slot + "/" + before / KEYS_PER_CALL, name -> new ArrayList<>())
                    .add(i);
        }
        return calls.values();
    }

    /** The table's name as it stands in keys and in the fields of a bucket. */
    String table(String table) {
        return escape(table);
    }

    private String name(CacheKey key) {
        return table(key.table()) + ":" + escape(key.key());
    }

    private String bucketOf(String name) {
        CRC32 hash = new CRC32();
        hash.update(name.getBytes(StandardCharsets.UTF_8));
        return buckets.get((int) (hash.getValue() % buckets.size()));
    }

    static String unescape(String text) {
        return text.replace("%3A", ":").replace("%25", "%");
    }

    private static String escape(String text) {
        return text.indexOf('%') < 0 && text.indexOf(':') < 0
                ? text
                : text.replace("%", "%25").replace(":", "%3A");
    }
}
