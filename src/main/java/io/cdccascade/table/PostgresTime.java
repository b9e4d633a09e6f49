package io.cdccascade.table;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.Temporal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Dates and times as PostgreSQL spells them: years before Christ end with {@code BC} and there is no year 0, years beyond 9999
 * have no sign, and {@code infinity} is later than all. The signs and the year 0 of ISO 8601, which is 1 BC, are read too.
 *
 * <p>Methods throw {@link DateTimeException} for what is no date or time.
 */
final class PostgresTime {

    // The forms of PostgreSQL and ISO 8601: with or without a fraction, the offset as +00, +00:00 or Z.
    private static final DateTimeFormatter LOCAL = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendLiteral('T')
            .appendPattern("HH:mm[:ss]")
            .optionalStart()
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 6, true)
            .optionalEnd()
            .toFormatter(Locale.ROOT);
    private static final DateTimeFormatter OFFSET = new DateTimeFormatterBuilder()
            .append(LOCAL)
            .appendPattern("[XXXXX][X]")
            .toFormatter(Locale.ROOT);

    private static final Pattern SPELLING = Pattern.compile("(\\d{4,7})(-[^ ]*(?: [^ ]*)??)( BC)?");

    // What PostgreSQL's types hold, by ISO 8601; of times only those that Debezium can tell from infinity.
    private static final int FIRST_YEAR = -4713;
    private static final int LAST_YEAR_OF_DATES = 5_874_897;
    private static final int LAST_YEAR_OF_TIMES = 292_276;

    private PostgresTime() {}

    static String date(String text) {
        return isEndless(text) ? text : text(LocalDate.parse(iso(text)));
    }

    static String timestamp(String text) {
        return isEndless(text) ? text : text(known(LocalDateTime.parse(iso(text), LOCAL)));
    }

    static String timestamptz(String text) {
        return isEndless(text)
                ? text
                : text(known(OffsetDateTime.parse(iso(text), OFFSET)).toInstant());
    }

    private static <T extends Temporal> T known(T time) {
        if (time.get(ChronoField.YEAR) > LAST_YEAR_OF_TIMES) {
            throw new DateTimeException("too late");
        }
        return time;
    }

    private static boolean isEndless(String text) {
        return text.equals("infinity") || text.equals("-infinity");
    }

    private static String iso(String text) {
        Matcher spelling = SPELLING.matcher(text);
        if (!spelling.matches()) {
            // ISO 8601 with a sign, as events have it, or nothing that can be read.
            return text;
        }
        int year = Integer.parseInt(spelling.group(1));
        String rest = spelling.group(2).replace(' ', 'T');
        if (spelling.group(3) == null) {
            return (year > 9999 ? "+" + year : spelling.group(1)) + rest;
        }
        return (year == 1 ? "0000" : String.format(Locale.ROOT, "-%04d", year - 1)) + rest;
    }

    /** A date of an event. Debezium writes infinity as one that PostgreSQL cannot hold. */
    static String ofEvent(LocalDate date) {
        return orEndless(text(date), date.getYear(), LAST_YEAR_OF_DATES);
    }

    /** A timestamp of an event; the same. */
    static String ofEvent(LocalDateTime time) {
        return orEndless(text(time), time.getYear(), LAST_YEAR_OF_TIMES);
    }

    /** A timestamp with time zone of an event; the same, but the stream has infinity as PostgreSQL spells it. */
    static String ofEvent(String iso) {
        if (isEndless(iso)) {
            return iso;
        }
        Instant instant = OffsetDateTime.parse(iso).toInstant();
        return orEndless(text(instant), year(instant), LAST_YEAR_OF_TIMES);
    }

    private static String orEndless(String text, int year, int lastYear) {
        return year > lastYear ? "infinity" : year < FIRST_YEAR ? "-infinity" : text;
    }

    private static String text(LocalDate date) {
        return text(date.getYear(), date.toString());
    }

    private static String text(LocalDateTime time) {
        return text(time.getYear(), time.toString());
    }

    private static String text(Instant instant) {
        return text(year(instant), instant.toString());
    }

    private static int year(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC).getYear();
    }

    private static String text(int year, String iso) {
        if (year > 9999) {
            return iso.substring(1);
        }
        return year > 0
                ? iso
                : String.format(Locale.ROOT, "%04d", 1 - year) + iso.substring(iso.indexOf('-', 1)) + " BC";
    }
}
