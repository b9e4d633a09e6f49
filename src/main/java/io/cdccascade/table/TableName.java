package io.cdccascade.table;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The name of a table or view, as PostgreSQL stores it.
 *
 * @param schema the schema's name, without quotes
 * @param name   the table's name, without quotes
 */
public record TableName(String schema, String name) implements Comparable<TableName> {

    private static final Pattern UNREADABLE = Pattern.compile("[\"\\v]|''|``");

    private static final Comparator<TableName> ORDER =
            Comparator.comparing(TableName::schema).thenComparing(TableName::name);

    /**
     * Reads {@code orders}, {@code sales.orders} or {@code "odd.schema"."Order Items"}. Where no schema is given it is
     * {@code public}. Capital letters are kept: the name is compared with the catalog as it is, without SQL's folding.
     *
     * @throws IllegalArgumentException if the text is not such a name
     */
    public static TableName parse(String text) {
        List<String> parts = Names.split(text, '.');
        if (parts.size() > 2) {
            throw new IllegalArgumentException(text + " is not a table's name: write table or schema.table, and quote "
                    + "a name that contains a dot");
        }
        return parts.size() == 1 ? new TableName("public", parts.get(0)) : new TableName(parts.get(0), parts.get(1));
    }

    /** The name in files, the cache, the log and the metrics: {@code public.sinners}, {@code sales."a.b"}. */
    public String id() {
        return Names.show(schema) + "." + Names.show(name);
    }

    /** A regular expression that matches {@code schema.name} and nothing else, for Debezium's lists of tables. */
    public String expression() {
        return "(?-i)" + escape(schema) + "\\." + escape(name);
    }

    /** Code points rather than characters: the list's separator, and all that means something in an expression, have one. */
    private static String escape(String name) {
        return name.codePoints()
                .mapToObj(c -> c < 128 && Character.isLetterOrDigit(c) || c == '_'
                        ? Character.toString(c)
                        : "\\x{%x}".formatted(c))
                .collect(Collectors.joining());
    }

    /**
     * The topic of the table's changes. As in Debezium, whatever a topic's name cannot contain is an underscore, so several
     * tables may share a topic.
     *
     * @param prefix what the topics' names start with
     */
    public String topic(String prefix) {
        StringBuilder topic = new StringBuilder(prefix).append('.');
        // Not a regular expression, which would take a surrogate pair for one character.
        unquoted()
                .chars()
                .forEach(c -> topic.append(
                        "._-".indexOf(c) >= 0 || c < 128 && Character.isLetterOrDigit(c) ? (char) c : '_'));
        return topic.toString();
    }

    /** Schema and name with a dot between, as Debezium's notifications name a table: a dot in a name is not told apart. */
    public String unquoted() {
        return schema + "." + name;
    }

    /**
     * Whether Debezium's connector can capture the table. In a snapshot it quotes names without doubling the quotes in them,
     * and finds no name that is blank or has a line break. While it streams it loses the changes of a table whose name has
     * two single quotes or two backticks in a row.
     */
    public boolean isCapturable() {
        return Stream.of(schema, name)
                .noneMatch(part -> part.isBlank() || UNREADABLE.matcher(part).find());
    }

    /** Schema and name, quoted by SQL's rules. */
    public String quoted() {
        return Names.quote(schema) + "." + Names.quote(name);
    }

    @Override
    public int compareTo(TableName other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return id();
    }

    /** SQL's rules for identifiers. */
    static final class Names {

        private Names() {}

        /** An identifier as SQL text, whatever it contains. */
        static String quote(String identifier) {
            String quoted = '"' + identifier.replace("\"", "\"\"") + '"';
            // Camel's SQL component takes :? for a parameter, quoted or not; an escape says the same to PostgreSQL.
            return identifier.contains(":?")
                    ? "U&" + quoted.replace("\\", "\\\\").replace(":?", "\\003A?")
                    : quoted;
        }

        /** An identifier as {@link #split} reads it, quoted only where it has to be. */
        static String show(String identifier) {
            return identifier.matches("[\\p{L}\\p{N}_$-]+( +[\\p{L}\\p{N}_$-]+)*")
                    ? identifier
                    : '"' + identifier.replace("\"", "\"\"") + '"';
        }

        /**
         * Splits a list of identifiers, each of which may be quoted.
         *
         * @throws IllegalArgumentException if one is empty or a quote is not closed
         */
        static List<String> split(String text, char separator) {
            List<String> names = new ArrayList<>();
            StringBuilder name = new StringBuilder();
            boolean quoted = false;
            boolean wasQuoted = false;
            for (int i = 0; i <= text.length(); i++) {
                char c = i < text.length() ? text.charAt(i) : separator;
                if (c == '"' && quoted && i + 1 < text.length() && text.charAt(i + 1) == '"') {
                    name.append(c);
                    i++;
                } else if (c == '"' && (quoted || name.toString().isBlank() && !wasQuoted)) {
                    if (!quoted) {
                        name.setLength(0);
                    }
                    quoted = !quoted;
                    wasQuoted = true;
                } else if ((c == separator && !quoted) || i == text.length()) {
                    String one = wasQuoted ? name.toString() : name.toString().strip();
                    if (quoted || one.isEmpty()) {
                        throw new IllegalArgumentException("'" + text + "' is not a name, or not a list of names");
                    }
                    names.add(one);
                    name.setLength(0);
                    wasQuoted = false;
                } else if (!wasQuoted || quoted) {
                    name.append(c);
                } else if (!Character.isWhitespace(c)) {
                    throw new IllegalArgumentException("'" + text + "' is not a name, or not a list of names");
                }
            }
            return names;
        }
    }
}
