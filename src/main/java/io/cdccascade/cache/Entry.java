package io.cdccascade.cache;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * What the cache holds under a key: a row, a list of rows, or the knowledge that there is none. It is kept as the bytes
 * that Redis sent, and nothing of it is parsed before somebody asks: a hit goes out as it came in.
 *
 * <p>In Redis an entry is one string, with single spaces between the head's fields and a line feed before the row:
 *
 * <pre>epoch read-at snapshot lsn writer entity-tag⏎row</pre>
 *
 * <p>Epoch: microseconds. Read-at: milliseconds since 1970 by Redis's clock, not after the row was read. Snapshot and LSN
 * (bytes from 0/0): the {@link ReadPoint}. Writer: as of {@link RowVersion}; 0 if unknown, missing in entries of an earlier
 * version. Entity tag: without quotes. Where there is no row, the line feed is missing too.
 */
public final class Entry {

    /** The length of an entity tag without its quotes. */
    public static final int TAG_LENGTH = 22;

    private final String history;
    private final byte[] bytes;
    private final int rowStart;
    private final long ageMillis;

    private Entry(String history, byte[] bytes, int rowStart, long ageMillis) {
        this.history = history;
        this.bytes = bytes;
        this.rowStart = rowStart;
        this.ageMillis = ageMillis;
    }

    /**
     * An entry as Redis sent it.
     *
     * @param history   the history that its epoch belongs to, or {@link History#UNKNOWN}
     * @param bytes     the string; not copied
     * @param ageMillis how long ago, at most, the row was read, by Redis's clock
     */
    static Entry of(String history, byte[] bytes, long ageMillis) {
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                return new Entry(history, bytes, i + 1, ageMillis);
            }
        }
        return new Entry(history, bytes, -1, ageMillis);
    }

    /** The same entry, some time later. */
    public Entry aged(long millis) {
        return new Entry(history, bytes, rowStart, ageMillis + millis);
    }

    /** The history of PostgreSQL in which the row was read, or {@link History#UNKNOWN}. */
    String history() {
        return history;
    }

    /** Whether the cache knows that there is no such row. */
    public boolean absent() {
        return rowStart < 0;
    }

    /** How long ago, at most, the row was read, by Redis's clock, in milliseconds. */
    public long ageMillis() {
        return ageMillis;
    }

    /** The array that holds the row from {@link #rowStart()} to its end; not to be changed. */
    public byte[] bytes() {
        return bytes;
    }

    /** Where the row starts in {@link #bytes()}; -1 where there is none. */
    public int rowStart() {
        return rowStart;
    }

    /** The row as text, or null where there is none. */
    public String row() {
        return absent() ? null : new String(bytes, rowStart, bytes.length - rowStart, StandardCharsets.UTF_8);
    }

    /** The row's strong entity tag without its quotes; for the absence of a row, the tag of nothing. */
    public String tag() {
        int end = absent() ? bytes.length : rowStart - 1;
        return new String(bytes, end - TAG_LENGTH, TAG_LENGTH, StandardCharsets.ISO_8859_1);
    }

    /** What the statement that read the row saw. */
    public ReadPoint readPoint() {
        String[] head = head();
        return new ReadPoint(history, Snapshot.parse(head[2]), Long.parseLong(head[3]));
    }

    /** Which version of the row this is, for the comparison with other rows. */
    public RowVersion version() {
        String[] head = head();
        // Six fields; of an earlier version of this project, five.
        long writer = head.length < 6 ? RowVersion.UNKNOWN : Long.parseLong(head[4]);
        return RowVersion.of(history, head[2], writer);
    }

    private String[] head() {
        int end = absent() ? bytes.length : rowStart - 1;
        return new String(bytes, 0, end, StandardCharsets.ISO_8859_1).split(" ");
    }

    /**
     * The entity tag of a row: 22 characters, the first 132 bits of its SHA-256 in the URL's base 64.
     *
     * @param row the row's bytes, or null where there is none
     */
    public static String tagOf(byte[] row) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(row == null ? new byte[0] : row);
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(digest)
                    .substring(0, TAG_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
