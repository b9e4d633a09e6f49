package io.cdccascade.cache;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the holder of a lease has read, on its way into the cache.
 *
 * @param lease     the lease; used up whether the fill succeeds or not
 * @param readPoint what the very statement that read the row saw, on the primary
 * @param row       the row's bytes, or null if there is no such row
 * @param writer    who wrote this version of the row, as of {@link RowVersion}, or {@link RowVersion#UNKNOWN}
 * @param tag       the row's entity tag, {@link Entry#tagOf}
 * @param ttlMillis how long the entry may live, at least 1; a tenth more or less is added by chance, so that entries made
 *                  together do not expire together
 */
public record Load(Lease lease, ReadPoint readPoint, byte[] row, long writer, String tag, long ttlMillis) {

    /** With the entity tag computed here. */
    public static Load of(Lease lease, ReadPoint readPoint, byte[] row, long writer, long ttlMillis) {
        return new Load(lease, readPoint, row, writer, Entry.tagOf(row), ttlMillis);
    }

    /** The entry that the fill makes, as {@link Entry} describes it; its age starts at the fill. */
    Entry entry() {
        byte[] head = ("0 0 " + readPoint.snapshot() + " " + readPoint.lsn() + " " + writer + " " + tag)
                .getBytes(StandardCharsets.ISO_8859_1);
        if (row == null) {
            return Entry.of(readPoint.history(), head, 0);
        }
        byte[] bytes = Arrays.copyOf(head, head.length + 1 + row.length);
        bytes[head.length] = '\n';
        System.arraycopy(row, 0, bytes, head.length + 1, row.length);
        return Entry.of(readPoint.history(), bytes, 0);
    }
}
