package io.cdccascade.cache;

import java.nio.charset.StandardCharsets;

/** Entries as Redis sends them. */
public final class Entries {

    private Entries() {}

    /**
     * @param row the row, or null
     * @param ageMillis how long ago it was read
     */
    public static Entry of(String row, ReadPoint readPoint, long ageMillis) {
        byte[] bytes = row == null ? null : row.getBytes(StandardCharsets.UTF_8);
        Lease lease = new Lease(new CacheKey("any", "any"), "lease");
        return Load.of(lease, readPoint, bytes, RowVersion.UNKNOWN, 1).entry().aged(ageMillis);
    }
}
