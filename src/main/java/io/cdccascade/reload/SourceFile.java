package io.cdccascade.reload;

import io.cdccascade.reload.Unit.Kind;
import io.cdccascade.reload.Unit.Piece;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * A file of Camel's YAML DSL, taken apart.
 *
 * @param location the file, e.g. {@code file:routes/read.camel.yaml}
 * @param text     its content
 * @param units    what stands in it, in its order; REST definitions one by one
 */
record SourceFile(String location, String text, List<Unit> units) {

    /** What applies to every route of its file, and to no other. */
    private static final Set<String> SCOPE = Set.of(
            "onException",
            "on-exception",
            "onCompletion",
            "on-completion",
            "errorHandler",
            "error-handler",
            "intercept",
            "interceptFrom",
            "intercept-from",
            "interceptSendToEndpoint",
            "intercept-send-to-endpoint");

    /**
     * Takes a text apart without touching anything that runs.
     *
     * @throws RejectedEditException if it is not YAML
     */
    static SourceFile parse(String location, String text) throws RejectedEditException {
        LoadSettings settings = LoadSettings.builder().setLabel(location).build();
        try {
            Optional<Node> root =
                    new Composer(settings, new ParserImpl(settings, new StreamReader(settings, text))).getSingleNode();
            return new SourceFile(
                    location, text, root.map(node -> units(location, node)).orElse(List.of()));
        } catch (MarkedYamlEngineException e) {
            throw RejectedEditException.of(location, e);
        } catch (YamlEngineException e) {
            throw RejectedEditException.of(location, e);
        }
    }

    /** Only the units of one kind; without a text, because it is not all that the text says. */
    SourceFile only(Kind kind) {
        return new SourceFile(
                location, "", units.stream().filter(unit -> unit.kind() == kind).toList());
    }

    private static List<Unit> units(String location, Node root) {
        List<Unit> units = new ArrayList<>();
        if (root instanceof SequenceNode items) {
            List<Node> scope = items.getValue().stream()
                    .filter(item -> SCOPE.contains(key(item)))
                    .toList();
            for (Node item : items.getValue()) {
                if (!scope.contains(item)) {
                    add(location, item, scope, units);
                }
            }
        } else {
            units.add(Unit.of(Kind.OTHER, null, new Piece(location, root, List.of())));
        }
        return units;
    }

    private static void add(String location, Node item, List<Node> scope, List<Unit> units) {
        String key = key(item);
        Node value = Unit.value(item, key);
        Piece alone = new Piece(location, item, List.of());
        Piece scoped = new Piece(location, item, scope);
        switch (key) {
            case "route" -> units.add(Unit.of(Kind.ROUTE, Unit.scalar(value, "id"), scoped));
            case "from" -> units.add(Unit.of(Kind.ROUTE, null, scoped));
            case "templatedRoute", "templated-route" ->
                units.add(Unit.of(Kind.TEMPLATED_ROUTE, Unit.scalar(value, "routeId", "route-id"), scoped));
            case "routeTemplate", "route-template" ->
                units.add(Unit.of(Kind.TEMPLATE, Unit.scalar(value, "id"), scoped));
            case "routeConfiguration", "route-configuration" ->
                units.add(Unit.of(Kind.CONFIGURATION, Unit.scalar(value, "id"), alone));
            case "rest", "restConfiguration", "rest-configuration" -> units.add(Unit.of(Kind.REST, null, scoped));
            case "beans" -> {
                if (value instanceof SequenceNode beans) {
                    beans.getValue()
                            .forEach(bean -> units.add(Unit.of(
                                    Kind.BEAN, Unit.scalar(bean, "name"), new Piece(location, bean, List.of()))));
                }
            }
            default -> units.add(Unit.of(Kind.OTHER, null, alone));
        }
    }

    private static String key(Node item) {
        return item instanceof MappingNode mapping
                        && mapping.getValue().size() == 1
                        && mapping.getValue().get(0).getKeyNode() instanceof ScalarNode key
                ? key.getValue()
                : "";
    }
}
