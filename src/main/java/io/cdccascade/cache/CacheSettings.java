package io.cdccascade.cache;

/**
 * How the cache behaves. All instances that share a Redis need the same prefix and buckets.
 *
 * @param prefix      what all keys begin with; no braces, which Redis Cluster would take for hash tags
 * @param buckets     into how many hash slots the keys are spread, from 1 to 16384; 64 is good for most
 * @param cluster     whether Redis is a cluster, so that one call may only touch one bucket
 * @param leaseMillis how long a lease lives that is not renewed: after that, another reader may take the place of one
 *                    that has died
 * @param renewMillis how long after it took the lease its holder may renew it while it loads; the slowest load that is stored
 * @param waitMillis  how long a reader waits for a row that another instance is filling
 * @param fenceMillis how long a fence is remembered: no less than a lease may live, and far more than any commit takes from
 *                    being decodable to being visible
 */
public record CacheSettings(
        String prefix,
        int buckets,
        boolean cluster,
        long leaseMillis,
        long renewMillis,
        long waitMillis,
        long fenceMillis) {

    /** @throws IllegalArgumentException if a setting makes no sense */
    public CacheSettings {
        if (prefix.isEmpty() || prefix.matches(".*[{}].*")) {
            throw new IllegalArgumentException("the cache's prefix must be some text without braces");
        }
        if (buckets < 1 || buckets > 16384) {
            throw new IllegalArgumentException("the cache's buckets must be from 1 to 16384");
        }
        if (leaseMillis < 1 || renewMillis < 0 || waitMillis < 0) {
            throw new IllegalArgumentException("the cache's leases must live, and its times must not be negative");
        }
        if (fenceMillis < Math.max(leaseMillis, renewMillis)) {
            throw new IllegalArgumentException("the cache's fences, which live " + fenceMillis
                    + " ms, must outlive its leases, which live " + leaseMillis + " ms and are renewed for "
                    + renewMillis + " ms");
        }
    }

    /** Leases that are not renewed. */
    public CacheSettings(
            String prefix, int buckets, boolean cluster, long leaseMillis, long waitMillis, long fenceMillis) {
        this(prefix, buckets, cluster, leaseMillis, 0, waitMillis, fenceMillis);
    }

    /** 64 buckets on a single Redis, leases of 3 s, waits of 150 ms, fences of 10 minutes. */
    public static CacheSettings defaults(String prefix) {
        return new CacheSettings(prefix, 64, false, 3_000, 150, 600_000);
    }
}
