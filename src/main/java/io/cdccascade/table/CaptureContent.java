package io.cdccascade.table;

import java.util.Arrays;
import java.util.Locale;

/** What change events carry. */
public enum CaptureContent {
    /** The rows. */
    ROWS,
    /** The columns by which entries are found: replica identity, key, lists and rules. */
    KEYS;

    /**
     * Reads the setting {@code cascade.capture.content}.
     *
     * @param mode where Debezium runs, {@code cascade.capture.mode}
     * @throws IllegalArgumentException if it is neither {@code rows} nor {@code keys}, or the mode does not allow it
     */
    public static CaptureContent parse(String text, String mode) {
        CaptureContent parsed = Arrays.stream(values())
                .filter(content -> content.name().toLowerCase(Locale.ROOT).equals(text))
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException(
                        "cascade.capture.content is '" + text + "' and must be rows or keys"));
        if (parsed == KEYS && !mode.equals("embedded")) {
            throw new IllegalArgumentException("cascade.capture.content=keys needs cascade.capture.mode=embedded: a "
                    + "connector on Kafka Connect would send whole rows in its snapshot");
        }
        return parsed;
    }
}
