package io.cdccascade.reload;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * The smallest thing that can be replaced: a route, a bean, a template and so on. All REST definitions together are one
 * unit, because they share their configuration and the OpenAPI document.
 *
 * @param name       its id or bean name; its text if it has none
 * @param text       the content without layout and comments: units with the same text do the same
 * @param references the names that it may refer to: whole values, and what follows {@code #bean:} and the like
 * @param fragments  where it is written; more than one only for {@link Kind#REST}
 */
record Unit(Kind kind, String name, String text, Set<String> references, List<Fragment> fragments) {

    /** In the order of installation: each kind may refer to those before it. */
    enum Kind {
        BEAN("bean"),
        CONFIGURATION("route configuration"),
        TEMPLATE("route template"),
        REST("REST definitions"),
        ROUTE("route"),
        TEMPLATED_ROUTE("templated route"),
        OTHER("element");

        private final String noun;

        Kind(String noun) {
            this.noun = noun;
        }
    }

    /** What identifies a unit among all files. */
    record Key(Kind kind, String name) {}

    /** A reference inside a value, such as {@code ?dataSource=#name} or {@code ${bean:name.method}}, and a scheme. */
    private static final Pattern REFERENCE = Pattern.compile("(?:#bean:|#|bean:|ref:|kamelet:)([\\w-]+)|^([\\w-]+):");

    private static final Set<String> CONFIGURATION_KEYS = Set.of("routeConfigurationId", "route-configuration-id");
    /** Cannot be the name of anything, as it has a space. */
    private static final String ANY_CONFIGURATION = "any configuration";
    /** Schemes of consumers that no HTTP request waits for. */
    private static final Set<String> BACKGROUND_CONSUMERS =
            Set.of("kafka", "timer", "scheduler", "quartz", "cron", "file", "cascade-postgres");

    /** @param name the id or bean name, or null if it has none */
    static Unit of(Kind kind, String name, Fragment fragment) {
        StringBuilder text = new StringBuilder();
        Set<String> references = new HashSet<>();
        fragment.nodes().forEach(node -> {
            YamlNodes.appendCanonical(node, text);
            YamlNodes.visitScalars(node, (key, scalar) -> {
                references.addAll(references(scalar.getValue()));
                if (CONFIGURATION_KEYS.contains(key) && scalar.getValue().contains("*")) {
                    references.add(ANY_CONFIGURATION);
                }
            });
        });
        return new Unit(kind, name == null ? text.toString() : name, text.toString(), references, List.of(fragment));
    }

    /** All REST definitions as one unit. */
    static Unit rest(List<Unit> parts) {
        return new Unit(
                Kind.REST,
                "rest",
                parts.stream().map(Unit::text).collect(Collectors.joining()),
                parts.stream().flatMap(part -> part.references().stream()).collect(Collectors.toSet()),
                parts.stream().flatMap(part -> part.fragments().stream()).toList());
    }

    Key key() {
        return new Key(kind, name);
    }

    /** Whether it has neither an id nor a bean name. */
    boolean isNameless() {
        return name.equals(text);
    }

    /** The first fragment. */
    Fragment fragment() {
        return fragments.get(0);
    }

    /** Whether it may refer to another unit. May, because a value can equal a name by chance. */
    boolean mayReferTo(Unit other) {
        return switch (other.kind) {
            case BEAN, TEMPLATE -> references.contains(other.name);
            // A configuration without an id applies to all routes. A route can also ask for configurations by pattern.
            case CONFIGURATION ->
                kind.compareTo(Kind.TEMPLATE) >= 0
                        && (other.isNameless()
                                || references.contains(other.name)
                                || references.contains(ANY_CONFIGURATION));
            default -> false;
        };
    }

    /** Whether an HTTP request could be in it or could call it; true when in doubt. */
    boolean servesRequests() {
        return switch (kind) {
            case REST, TEMPLATED_ROUTE -> true;
            case ROUTE -> !BACKGROUND_CONSUMERS.contains(consumerScheme());
            default -> false;
        };
    }

    /** Its kind, and its name if it has one. */
    @Override
    public String toString() {
        return kind == Kind.REST || isNameless() ? kind.noun : kind.noun + " " + name;
    }

    /** The scheme that a route consumes from, or an empty string if it is not written there. */
    private String consumerScheme() {
        Node node = fragment().node();
        Node from = YamlNodes.value(YamlNodes.value(node, "route"), "from");
        if (from == null) {
            from = YamlNodes.value(node, "from");
        }
        String uri = from instanceof ScalarNode scalar ? scalar.getValue() : YamlNodes.scalar(from, "uri");
        return uri == null ? "" : uri.replaceFirst(":.*", "");
    }

    private static Set<String> references(String value) {
        Set<String> names = new HashSet<>();
        for (String item : value.split(",")) {
            names.add(item.trim());
        }
        REFERENCE
                .matcher(value)
                .results()
                .forEach(match -> names.add(match.group(1) == null ? match.group(2) : match.group(1)));
        return names;
    }
}
