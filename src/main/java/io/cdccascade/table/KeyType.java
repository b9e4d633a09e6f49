package io.cdccascade.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Optional;

/**
 * The types that a key's column may have, each with the canonical text of a value. A request, a statement's result and
 * a change event must lead to the same text, because it names the entry in the cache.
 *
 * <p>How Debezium writes values: <a
 * href="https://debezium.io/documentation/reference/3.6/connectors/postgresql.html#postgresql-data-types">its data type
 * mappings</a>, in the modes {@code time.precision.mode=adaptive} and {@code decimal.handling.mode=string}.
 */
enum KeyType {
    SMALLINT("a whole number of type smallint"),
    INTEGER("a whole number of type integer"),
    BIGINT("a whole number of type bigint"),
    NUMERIC("a number"),
    BOOLEAN("true or false"),
    TEXT("text"),
    PADDED("text"),
    ENUM("one of the type's values"),
    UUID("a UUID"),
    DATE("a date such as 2022-01-31"),
    TIMESTAMP("a time such as 2022-01-31T12:30:00"),
    TIMESTAMPTZ("a time such as 2022-01-31T12:30:00Z");

    private final String wanted;

    KeyType(String wanted) {
        this.wanted = wanted;
    }

    /** The type of a column, empty when a column of that type cannot be a key. */
    static Optional<KeyType> of(Column column) {
        if (!column.exact()) {
            return Optional.empty();
        }
        if (column.category() == 'E') {
            return Optional.of(ENUM);
        }
        return Optional.ofNullable(
                switch (column.base()) {
                    case "int2" -> SMALLINT;
                    case "int4" -> INTEGER;
                    case "int8" -> BIGINT;
                    case "numeric" -> NUMERIC;
                    case "bool" -> BOOLEAN;
                    case "text", "varchar" -> TEXT;
                    case "bpchar" -> PADDED;
                    case "uuid" -> UUID;
                    case "date" -> DATE;
                    case "timestamp" -> TIMESTAMP;
                    case "timestamptz" -> TIMESTAMPTZ;
                    default -> null;
                });
    }

    /** Whether equal values of this type and the other have the same canonical text. */
    boolean comparable(KeyType other) {
        return this == other || number() && other.number();
    }

    private boolean number() {
        return this == SMALLINT || this == INTEGER || this == BIGINT || this == NUMERIC;
    }

    /** What a value must be, for a message to the caller. */
    String wanted() {
        return wanted;
    }

    /**
     * The canonical text of a value. PostgreSQL reads it as a literal of the type.
     *
     * @param text the value as a caller wrote it or as PostgreSQL casts it to text
     * @throws IllegalArgumentException if it is not a value of the type
     */
    String canonical(String text) {
        try {
            return switch (this) {
                case SMALLINT -> integer(text, Short.SIZE);
                case INTEGER -> integer(text, Integer.SIZE);
                case BIGINT -> integer(text, Long.SIZE);
                case NUMERIC -> number(text);
                case BOOLEAN -> bool(text);
                case TEXT, ENUM -> storable(text);
                // PostgreSQL pads char(n) with blanks that mean nothing.
                case PADDED -> storable(text).replaceAll(" +\\z", "");
                case UUID -> uuid(text);
                case DATE -> PostgresTime.date(text);
                case TIMESTAMP -> PostgresTime.timestamp(text);
                case TIMESTAMPTZ -> PostgresTime.timestamptz(text);
            };
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /**
     * The canonical text of a value in a change event.
     *
     * @throws IllegalArgumentException if Debezium does not write values of the type this way
     */
    String fromEvent(JsonNode value, Column column) {
        try {
            return switch (this) {
                case DATE -> PostgresTime.ofEvent(LocalDate.ofEpochDay(whole(value)));
                case TIMESTAMP -> time(whole(value), perSecond(column));
                case TIMESTAMPTZ -> PostgresTime.ofEvent(value.asText());
                case NUMERIC ->
                    switch (value.asText()) {
                        case "NAN" -> "NaN";
                        case "POSITIVE_INFINITY" -> "Infinity";
                        case "NEGATIVE_INFINITY" -> "-Infinity";
                        default -> canonical(value.asText());
                    };
                default -> {
                    if (!value.isValueNode() || value.isNull()) {
                        throw new IllegalArgumentException("no value of " + column.name());
                    }
                    yield canonical(value.asText());
                }
            };
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static long perSecond(Column column) {
        if (!column.type().startsWith("timestamp")) {
            throw new IllegalArgumentException("a domain, whose precision is not known");
        }
        return column.type().matches("timestamp\\([0-3]\\).*") ? 1_000 : 1_000_000;
    }

    private static long whole(JsonNode value) {
        if (!value.isIntegralNumber()) {
            throw new IllegalArgumentException("not a number");
        }
        return value.longValue();
    }

    private static String time(long since1970, long perSecond) {
        long nanos = Math.floorMod(since1970, perSecond) * (1_000_000_000L / perSecond);
        return PostgresTime.ofEvent(
                LocalDateTime.ofEpochSecond(Math.floorDiv(since1970, perSecond), (int) nanos, ZoneOffset.UTC));
    }

    /** The common case, without regular expression: digits that the type certainly holds, no zero first. */
    private static boolean isPlain(String text, int bits) {
        int length = text.length();
        // A number of d digits needs fewer than 10 d / 3 bits.
        if (length == 0 || 10 * length / 3 >= bits - 1 || text.charAt(0) == '0') {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static String integer(String text, int bits) {
        if (isPlain(text, bits)) {
            return text;
        }
        if (!text.matches("-?[0-9]{1,30}") || new BigInteger(text).bitLength() >= bits) {
            throw new IllegalArgumentException("not a whole number of " + bits + " bits");
        }
        return new BigInteger(text).toString();
    }

    private static String number(String text) {
        if (text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity")) {
            return text;
        }
        // No exponent: a short text could then stand for more digits than fit into memory.
        if (!text.matches("-?[0-9]{1,1000}(\\.[0-9]{1,1000})?")) {
            throw new IllegalArgumentException("not a number");
        }
        BigDecimal number = new BigDecimal(text).stripTrailingZeros();
        return number.signum() == 0 ? "0" : number.toPlainString();
    }

    private static String bool(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException("neither true nor false");
        }
        return text;
    }

    private static String uuid(String text) {
        if (!text.matches("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}")) {
            throw new IllegalArgumentException("not a UUID");
        }
        return text.toLowerCase(Locale.ROOT);
    }

    private static String storable(String text) {
        if (text.indexOf(0) >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new IllegalArgumentException("a character that PostgreSQL cannot store");
        }
        return text;
    }
}
