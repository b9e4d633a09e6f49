package io.cdccascade.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads headers that are lists of names, each with or without a value: {@code Cache-Control} and {@code Prefer}. */
final class Directives {

    private Directives() {}

    /**
     * The values by their names.
     *
     * @param header all lines of the header as one
     * @return names in small letters; values as they were sent, without quotes, empty where there is none. Of several of one
     *         name the first counts, as RFC 7240 says
     */
    static Map<String, String> of(String header) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String directive : split(header, ',')) {
            // What follows a semicolon is a parameter, and there are none for what is understood here.
            String said = split(directive, ';').get(0);
            int equals = said.indexOf('=');
            String name =
                    (equals < 0 ? said : said.substring(0, equals)).strip().toLowerCase(Locale.ROOT);
            values.putIfAbsent(
                    name, equals < 0 ? "" : unquoted(said.substring(equals + 1).strip()));
        }
        return values;
    }

    private static List<String> split(String text, char separator) {
        List<String> parts = new ArrayList<>();
        boolean quoted = false;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"') {
                quoted = !quoted;
            } else if (c == '\\' && quoted) {
                i++;
            } else if (c == separator && !quoted) {
                parts.add(text.substring(start, i));
                start = i + 1;
            }
        }
        parts.add(text.substring(start));
        return parts;
    }

    private static String unquoted(String value) {
        return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
                ? value.substring(1, value.length() - 1)
                : value;
    }

    /**
     * A number of seconds; one that is too large counts as 2<sup>31</sup>, as RFC 9111 says.
     *
     * @return -1 if there is no such directive, or its value is no number
     */
    static long seconds(Map<String, String> values, String name) {
        String value = values.get(name);
        if (value == null || value.isEmpty() || !value.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        return value.length() > 10 ? 1L << 31 : Math.min(1L << 31, Long.parseLong(value));
    }
}
