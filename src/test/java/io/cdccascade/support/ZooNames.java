package io.cdccascade.support;

import io.cdccascade.table.TableName;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Names that PostgreSQL takes for a table: odd ones, and generated ones, which are the same in each run. Others:
 * {@code -Dcascade.zoo.seed=2}
 */
public final class ZooNames {

    /** The schemas of the tables. */
    public static final List<String> SCHEMAS = List.of("public", "we ird", "a,b", "x.y", "日本");

    private static final List<String> NAMES = List.of(
            "Order Items",
            "order",
            "SELECT",
            "a.b",
            "a.b.c",
            "a,b",
            "it's",
            "back\\slash",
            "(x)",
            "[x]",
            "{x}",
            "x*",
            "x+",
            "x?",
            "x|y",
            "^x$",
            "a/b",
            "a:b",
            "a;b",
            "50%",
            "a-b",
            "_",
            "ümlaut",
            "日本語",
            "😈",
            " lead",
            "trail ",
            "tab\tbed",
            "$1",
            "?",
            ".",
            "..",
            "a..b",
            "public.sinners",
            "x.dlq",
            "a234567890123456789012345678901234567890123456789012345678901" + "23",
            "%s",
            "${x}",
            "#x",
            "@x",
            "~",
            "`x`",
            "&amp;",
            "<x>",
            "null",
            "true",
            "1",
            "-",
            "--",
            "/*x*/",
            "(?i)x",
            "\\d",
            "\\E",
            "\\Q",
            "*");
    private static final String LETTERS = " .,'\\()[]{}*+?|^$/:;%-_aAzZ09éß日😈\t#@!~`<>=&";
    private static final int RANDOM_NAMES = 140;
    private static final long SEED = Long.getLong("cascade.zoo.seed", 1);

    private ZooNames() {}

    /** Tables with such names, as far as they can be captured beside each other. */
    public static List<TableName> tables() {
        Set<TableName> tables = new LinkedHashSet<>();
        Map<String, String> topics = new HashMap<>();
        Stream.of(
                        NAMES.stream().map(name -> new TableName("public", name)),
                        SCHEMAS.stream().map(schema -> new TableName(schema, "q.b c")),
                        randomNames(new Random(SEED)).map(name -> new TableName("public", name)))
                .flatMap(names -> names)
                .filter(TableName::isCapturable)
                // Two topics that differ only in dots and underscores cannot exist beside each other.
                .filter(table -> {
                    String topic = table.topic("");
                    return topic.equals(topics.computeIfAbsent(topic.replace('.', '_'), any -> topic));
                })
                .forEach(tables::add);
        return List.copyOf(tables);
    }

    private static Stream<String> randomNames(Random random) {
        int[] letters = LETTERS.codePoints().toArray();
        return IntStream.range(0, RANDOM_NAMES)
                .mapToObj(i -> IntStream.rangeClosed(0, random.nextInt(12))
                        .mapToObj(any -> Character.toString(letters[random.nextInt(letters.length)]))
                        .collect(Collectors.joining()));
    }
}
