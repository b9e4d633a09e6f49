package io.cdccascade.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.cdccascade.table.Column;
import io.cdccascade.table.InvalidKeyException;
import io.cdccascade.table.RowKey;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A list as the cache keeps it: an index in front of the JSON array, so that a page is cut by copying bytes.
 *
 * <pre>length-of-the-index⏎{row-length key-length key}…[row,row,…]</pre>
 *
 * <p>Lengths are decimal numbers of bytes, each with a space behind it; a key is {@link RowKey#text()}; the index has one
 * element for each row, in the rows' order.
 */
public final class CachedList {

    // What PostgreSQL made is trusted: its numerics and documents go beyond Jackson's limits for strangers.
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNestingDepth(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private final byte[] bytes;
    private final int index;
    private final int array;

    /**
     * A list out of the cache.
     *
     * @param bytes holds the list from {@code start} to its end; not copied
     */
    CachedList(byte[] bytes, int start) {
        int at = start;
        int length = 0;
        while (bytes[at] != '\n') {
            length = 10 * length + bytes[at++] - '0';
        }
        this.bytes = bytes;
        this.index = at + 1;
        this.array = index + length;
    }

    /**
     * Puts the index in front of a list.
     *
     * @param list a JSON array of rows in key order
     * @return what the cache keeps, or null if a row has a key that no path can name, such as a date before Christ
     */
    public static byte[] of(byte[] list, List<Column> key) {
        ByteArrayOutputStream index = new ByteArrayOutputStream();
        try {
            write(index, list, key);
        } catch (InvalidKeyException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] length = (index.size() + "\n").getBytes(StandardCharsets.US_ASCII);
        return Buffer.buffer(length.length + index.size() + list.length)
                .appendBytes(length)
                .appendBytes(index.toByteArray())
                .appendBytes(list)
                .getBytes();
    }

    private static void write(ByteArrayOutputStream index, byte[] list, List<Column> key) throws IOException {
        List<String> names = key.stream().map(Column::name).toList();
        try (JsonParser parser = JSON.createParser(list)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                long start = parser.currentTokenLocation().getByteOffset();
                String[] values = new String[names.size()];
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    int place = names.indexOf(parser.currentName());
                    parser.nextToken();
                    if (place >= 0) {
                        values[place] = parser.getText();
                    }
                    parser.skipChildren();
                }
                long end = parser.currentTokenLocation().getByteOffset() + 1;
                byte[] text = RowKey.of(key, Arrays.asList(values)).text().getBytes(StandardCharsets.UTF_8);
                index.writeBytes((end - start + " " + text.length + " ").getBytes(StandardCharsets.US_ASCII));
                index.writeBytes(text);
            }
        }
    }

    /**
     * A part of the list.
     *
     * @param rows the rows, as a JSON array
     * @param last the key's text of the last one when more follow, else null
     */
    record Page(Buffer rows, String last) {}

    /**
     * Cuts a page.
     *
     * @param after the key's text after which the page starts, or null
     * @param limit how many rows at the most
     * @return null when the row after which the page starts is not in the list (any more)
     */
    Page page(String after, int limit) {
        byte[] wanted = after == null ? null : after.getBytes(StandardCharsets.UTF_8);
        Cursor cursor = new Cursor();
        while (wanted != null) {
            if (!cursor.next()) {
                return null;
            }
            if (cursor.keyIs(wanted)) {
                wanted = null;
            }
        }
        int from = cursor.rowEnd;
        int rows = 0;
        while (rows < limit && cursor.next()) {
            rows++;
        }
        String last = cursor.hasNext() ? cursor.key() : null;
        if (from == array + 1 && last == null) {
            return new Page(Buffer.buffer(Unpooled.wrappedBuffer(bytes, array, bytes.length - array)), null);
        }
        // Behind a row that precedes the page stands a comma.
        int start = from == array + 1 ? from : Math.min(from + 1, cursor.rowEnd);
        return new Page(
                Buffer.buffer(cursor.rowEnd - start + 2)
                        .appendByte((byte) '[')
                        .appendBytes(bytes, start, cursor.rowEnd - start)
                        .appendByte((byte) ']'),
                last);
    }

    /** Walks over index and rows together. */
    private final class Cursor {

        private int at = index;
        private int keyStart;
        private int keyEnd;
        /** Where the row ends; before the first one, behind the bracket. */
        private int rowEnd = array + 1;

        private boolean first = true;

        private boolean hasNext() {
            return at < array;
        }

        private boolean next() {
            if (!hasNext()) {
                return false;
            }
            int rowLength = number();
            int keyLength = number();
            keyStart = at;
            keyEnd = at + keyLength;
            at = keyEnd;
            rowEnd += (first ? 0 : 1) + rowLength;
            first = false;
            return true;
        }

        private int number() {
            int number = 0;
            while (bytes[at] != ' ') {
                number = 10 * number + bytes[at++] - '0';
            }
            at++;
            return number;
        }

        private boolean keyIs(byte[] wanted) {
            return Arrays.equals(bytes, keyStart, keyEnd, wanted, 0, wanted.length);
        }

        private String key() {
            return new String(bytes, keyStart, keyEnd - keyStart, StandardCharsets.UTF_8);
        }
    }
}
