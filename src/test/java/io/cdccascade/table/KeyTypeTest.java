package io.cdccascade.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The one text of a key's value, from whatever side it comes. */
class KeyTypeTest {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final long SECONDS = 253_402_300_799L;

    @Property
    void aWholeNumberIsTheSameInARequestAndInAnEvent(@ForAll long number) {
        meets(KeyType.BIGINT, "bigint", Long.toString(number), JSON.numberNode(number));
    }

    @Property
    void aNumberIsTheSameWithOrWithoutZerosAtItsEnd(@ForAll BigDecimal number) {
        String text = number.toPlainString();

        meets(KeyType.NUMERIC, "numeric", text, JSON.textNode(text));
        assertThat(KeyType.NUMERIC.canonical(number.setScale(number.scale() + 3).toPlainString()))
                .isEqualTo(KeyType.NUMERIC.canonical(text));
        assertThat(new BigDecimal(KeyType.NUMERIC.canonical(text))).isEqualByComparingTo(number);
    }

    @Property
    void aDateIsTheSameInARequestAndInAnEvent(@ForAll @LongRange(min = -719_162, max = 2_932_896) long day) {
        meets(KeyType.DATE, "date", LocalDate.ofEpochDay(day).toString(), JSON.numberNode(day));
    }

    @Property
    void aTimeIsTheSameInARequestAndInAnEvent(
            @ForAll @LongRange(min = -SECONDS / 5, max = SECONDS) long second,
            @ForAll @LongRange(min = 0, max = 999) long milli) {
        LocalDateTime time = LocalDateTime.ofEpochSecond(second, (int) milli * 1_000_000, ZoneOffset.UTC);
        long millis = second * 1_000 + milli;

        meets(KeyType.TIMESTAMP, "timestamp without time zone", time.toString(), JSON.numberNode(millis * 1_000));
        meets(KeyType.TIMESTAMP, "timestamp(6) without time zone", time.toString(), JSON.numberNode(millis * 1_000));
        meets(
                KeyType.TIMESTAMP,
                "timestamp(3) without time zone",
                time.toString().replace('T', ' '),
                JSON.numberNode(millis));
        OffsetDateTime there = time.atOffset(ZoneOffset.UTC).withOffsetSameInstant(ZoneOffset.ofHours(5));
        meets(
                KeyType.TIMESTAMPTZ,
                "timestamp with time zone",
                there.toString(),
                JSON.textNode(time.atOffset(ZoneOffset.UTC).toString()));
    }

    @Property
    void aUuidIsTheSameInCapitals(@ForAll long high, @ForAll long low) {
        String text = new UUID(high, low).toString();

        meets(KeyType.UUID, "uuid", text.toUpperCase(), JSON.textNode(text));
    }

    @Property
    void aTextIsItself(@ForAll("storable") String text) {
        meets(KeyType.TEXT, "text", text, JSON.textNode(text));
        assertThat(KeyType.TEXT.canonical(text)).isEqualTo(text);
    }

    @Property
    void aPaddedTextIsTheSameWithOrWithoutBlanksAtItsEnd(@ForAll("storable") String text) {
        meets(KeyType.PADDED, "character(40)", text, JSON.textNode(text + "   "));
    }

    @Provide
    Arbitrary<String> storable() {
        return Arbitraries.strings().ofMaxLength(30).withChars("a \n,%/:\u00e9\u4e2d\u00a0");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            BIGINT, 9223372036854775808
            SMALLINT, 32768
            INTEGER, 1.0
            INTEGER, +1
            INTEGER, ''
            NUMERIC, 1e5
            NUMERIC, nan
            NUMERIC, .5
            BOOLEAN, t
            UUID, 123456789-123-1234-1234-123456789012
            DATE, 2022-02-30
            DATE, Infinity
            DATE, 0044-03-15 AD
            TIMESTAMP, 2022-01-31
            TIMESTAMP, 292277-01-01T00:00
            TIMESTAMPTZ, 2022-01-31T12:30:00
            TEXT, '\0'
            TEXT, '\ud800'
            """)
    void whatIsNoValueIsRefused(KeyType type, String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> type.canonical(text));
    }

    @ParameterizedTest
    @CsvSource({
        "2022-01-31 12:30:00+00",
        "2022-01-31T12:30:00Z",
        "2022-01-31T12:30Z",
        "2022-01-31 12:30:00.000+00:00",
        "2022-01-31 13:49:32+01:19:32"
    })
    void aTimeWithAZoneIsTheSameInEveryWayToWriteIt(String text) {
        assertThat(KeyType.TIMESTAMPTZ.canonical(text)).isEqualTo("2022-01-31T12:30:00Z");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            TIMESTAMP, domain, 5
            TIMESTAMP, timestamp without time zone, x
            DATE, date, x
            NUMERIC, numeric, many
            BIGINT, bigint, x
            """)
    void anEventThatCannotBeReadIsNoKey(KeyType type, String column, String value) {
        JsonNode node = value.equals("5") ? JSON.numberNode(5) : JSON.textNode(value);

        assertThatIllegalArgumentException().isThrownBy(() -> type.fromEvent(node, column(column)));
        assertThatIllegalArgumentException().isThrownBy(() -> type.fromEvent(JSON.nullNode(), column(column)));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            DATE, 0044-03-15 BC, 0044-03-15 BC
            DATE, -0043-03-15, 0044-03-15 BC
            DATE, 0000-03-15, 0001-03-15 BC
            DATE, 10000-01-01, 10000-01-01
            DATE, +10000-01-01, 10000-01-01
            DATE, -infinity, -infinity
            TIMESTAMP, 0044-03-15 12:30:00.5 BC, 0044-03-15T12:30:00.500 BC
            TIMESTAMP, 10000-01-01T12:30, 10000-01-01T12:30
            TIMESTAMPTZ, 0044-03-15 12:30:00+00 BC, 0044-03-15T12:30:00Z BC
            TIMESTAMPTZ, 0001-01-01T00:30:00+01:00, 0001-12-31T23:30:00Z BC
            TIMESTAMPTZ, 10000-01-01 00:00:00+00, 10000-01-01T00:00:00Z
            TIMESTAMPTZ, infinity, infinity
            """)
    void yearsOfAnyNumberAreWrittenAsPostgresqlReadsThem(KeyType type, String text, String canonical) {
        assertThat(type.canonical(text)).isEqualTo(canonical);
        assertThat(type.canonical(canonical)).isEqualTo(canonical);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            DATE, date, 2146033979, infinity
            DATE, date, -2147472691, -infinity
            TIMESTAMP, timestamp without time zone, 9223372036854775807, infinity
            TIMESTAMP, timestamp(3) without time zone, -9223372036832400000, -infinity
            TIMESTAMPTZ, timestamp with time zone, +292278994-08-16T23:00:00Z, infinity
            TIMESTAMPTZ, timestamp with time zone, -292275055-05-16T23:00:00Z, -infinity
            TIMESTAMPTZ, timestamp with time zone, infinity, infinity
            NUMERIC, numeric, NAN, NaN
            NUMERIC, numeric, NEGATIVE_INFINITY, -Infinity
            """)
    void infinityIsReadAsDebeziumWritesIt(KeyType type, String column, String value, String text) {
        JsonNode node = value.matches("-?\\d+") ? JSON.numberNode(Long.parseLong(value)) : JSON.textNode(value);

        assertThat(type.fromEvent(node, column(column))).isEqualTo(text);
        assertThat(type.canonical(text)).isEqualTo(text);
    }

    private static void meets(KeyType type, String column, String text, JsonNode event) {
        String canonical = type.canonical(text);

        assertThat(type.canonical(canonical)).isEqualTo(canonical);
        assertThat(type.fromEvent(event, column(column))).isEqualTo(canonical);
    }

    private static Column column(String type) {
        return SampleTables.column("id", type, "x", 'N', true);
    }
}
