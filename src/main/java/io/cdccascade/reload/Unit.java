package io.cdccascade.reload;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * What can be replaced on its own: a route, a bean, a template, …; all REST definitions together are one unit,
 * because they share their configuration and the OpenAPI document.
 *
 * @param kind     what it is
 * @param name     its id or bean name; for what has none, its text
 * @param text     the content without layout and comments: two units with the same text do the same
 * @param mentions the names that it may refer to: whole values, and what follows {@code #bean:} and the like
 * @param pieces   where it stands; one piece, but for {@link Kind#REST}
 */
record Unit(Kind kind, String name, String text, Set<String> mentions, List<Piece> pieces) {

    /** In the order in which they are installed: each kind may refer to those before it. */
    enum Kind {
        BEAN("bean"),
        CONFIGURATION("route configuration"),
        TEMPLATE("route template"),
        REST("REST definitions"),
        ROUTE("route"),
        TEMPLATED_ROUTE("templated route"),
        OTHER("part");

        private final String noun;

        Kind(String noun) {
            this.noun = noun;
        }
    }

    /** What identifies a unit among all files. */
    record Key(Kind kind, String name) {}

    /**
     * A part of a file.
     *
     * @param location the file, e.g. {@code file:routes/read.camel.yaml}
     * @param node     the YAML, with its lines
     * @param scope    what else in the file applies to it, e.g. its {@code onException}
     */
    record Piece(String location, Node node, List<Node> scope) {

        /** The first line, from 1. */
        int line() {
            return Unit.line(node);
        }

        /** The line of the first key or value that fits, or else the first line. */
        int lineOf(Predicate<String> fits) {
            List<Integer> lines = new ArrayList<>();
            visit("", node, (key, scalar) -> {
                if (fits.test(scalar.getValue())) {
                    lines.add(Unit.line(scalar));
                }
            });
            return lines.isEmpty() ? line() : lines.get(0);
        }
    }

    /** A reference inside a value, such as {@code ?dataSource=#name} or {@code ${bean:name.method}}, and a scheme. */
    private static final Pattern REFERENCE = Pattern.compile("(?:#bean:|#|bean:|ref:|kamelet:)([\\w-]+)|^([\\w-]+):");

    private static final Set<String> CONFIGURATIONS = Set.of("routeConfigurationId", "route-configuration-id");
    /** No name of anything, as it has a space. */
    private static final String ANY_CONFIGURATION = "any configuration";
    /** Consumers whose exchanges have nothing to do with an HTTP request; those unknown might. */
    private static final Set<String> BACKGROUND =
            Set.of("kafka", "timer", "scheduler", "quartz", "cron", "file", "cascade-postgres");

    /**
     * @param name the id or name, or null if it has none
     */
    static Unit of(Kind kind, String name, Piece piece) {
        StringBuilder text = new StringBuilder();
        Set<String> mentions = new HashSet<>();
        List<Node> nodes = new ArrayList<>(piece.scope());
        nodes.add(piece.node());
        nodes.forEach(node -> {
            print(node, text);
            visit("", node, (key, scalar) -> {
                mentions.addAll(references(scalar.getValue()));
                if (CONFIGURATIONS.contains(key) && scalar.getValue().contains("*")) {
                    mentions.add(ANY_CONFIGURATION);
                }
            });
        });
        return new Unit(kind, name == null ? text.toString() : name, text.toString(), mentions, List.of(piece));
    }

    /** All REST definitions as one unit. */
    static Unit rest(List<Unit> parts) {
        return new Unit(
                Kind.REST,
                "rest",
                parts.stream().map(Unit::text).collect(Collectors.joining()),
                parts.stream().flatMap(part -> part.mentions().stream()).collect(Collectors.toSet()),
                parts.stream().flatMap(part -> part.pieces().stream()).toList());
    }

    Key key() {
        return new Key(kind, name);
    }

    /** The first of the pieces. */
    Piece piece() {
        return pieces.get(0);
    }

    /** Whether it may refer to another one; may, because a value can be a name by chance. */
    boolean mentions(Unit other) {
        return switch (other.kind) {
            case BEAN, TEMPLATE -> mentions.contains(other.name);
            // A configuration without an id is for all routes; routes may also ask for configurations by a pattern.
            case CONFIGURATION ->
                kind.compareTo(Kind.TEMPLATE) >= 0
                        && (other.name.equals(other.text)
                                || mentions.contains(other.name)
                                || mentions.contains(ANY_CONFIGURATION));
            default -> false;
        };
    }

    /** Whether an HTTP request could be inside, or could ask for it: when in doubt, yes. */
    boolean servesRequests() {
        return switch (kind) {
            case REST, TEMPLATED_ROUTE -> true;
            case ROUTE -> !BACKGROUND.contains(consumer());
            default -> false;
        };
    }

    /** For a route the scheme it consumes from, as far as it is written down, or else an empty string. */
    private String consumer() {
        Node from = value(value(piece().node(), "route"), "from");
        if (from == null) {
            from = value(piece().node(), "from");
        }
        String uri = from instanceof ScalarNode scalar ? scalar.getValue() : scalar(from, "uri");
        return uri == null ? "" : uri.replaceFirst(":.*", "");
    }

    /** What it is, and its name if it has one, for people. */
    @Override
    public String toString() {
        return kind == Kind.REST || name.equals(text) ? kind.noun : kind.noun + " " + name;
    }

    /** The value under a key, or null. */
    static Node value(Node node, String... keys) {
        if (node instanceof MappingNode mapping) {
            for (NodeTuple tuple : mapping.getValue()) {
                if (tuple.getKeyNode() instanceof ScalarNode key
                        && List.of(keys).contains(key.getValue())) {
                    return tuple.getValueNode();
                }
            }
        }
        return null;
    }

    /** The scalar under a key, or null. */
    static String scalar(Node node, String... keys) {
        return value(node, keys) instanceof ScalarNode scalar ? scalar.getValue() : null;
    }

    private static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
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

    private static void visit(String key, Node node, BiConsumer<String, ScalarNode> visitor) {
        if (node instanceof ScalarNode scalar) {
            visitor.accept(key, scalar);
        } else if (node instanceof SequenceNode sequence) {
            sequence.getValue().forEach(item -> visit(key, item, visitor));
        } else if (node instanceof MappingNode mapping) {
            mapping.getValue().forEach(tuple -> {
                visit("", tuple.getKeyNode(), visitor);
                visit(
                        tuple.getKeyNode() instanceof ScalarNode name ? name.getValue() : "",
                        tuple.getValueNode(),
                        visitor);
            });
        }
    }

    private static void print(Node node, StringBuilder out) {
        if (node instanceof ScalarNode scalar) {
            out.append(scalar.getValue().length()).append(':').append(scalar.getValue());
        } else if (node instanceof SequenceNode sequence) {
            out.append('[');
            sequence.getValue().forEach(item -> print(item, out));
            out.append(']');
        } else if (node instanceof MappingNode mapping) {
            out.append('{');
            mapping.getValue().forEach(tuple -> {
                print(tuple.getKeyNode(), out);
                print(tuple.getValueNode(), out);
            });
            out.append('}');
        }
    }
}
