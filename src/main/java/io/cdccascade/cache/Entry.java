package io.cdccascade.cache;

/**
 * What the cache holds under a key.
 *
 * @param row       the row as JSON text, or null: there is no such row
 * @param readPoint what the statement that read the row saw
 * @param ageMillis how long ago, at most, the row was read, by Redis's clock
 */
public record Entry(String row, ReadPoint readPoint, long ageMillis) {

    /** Whether the cache knows that there is no such row. */
    public boolean absent() {
        return row == null;
    }
}
