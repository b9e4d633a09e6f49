package io.cdccascade.reload;

import io.cdccascade.reload.Unit.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * A file in Camel's YAML DSL, split into units.
 *
 * @param location the file, e.g. {@code file:routes/read.camel.yaml}
 * @param text     its content
 * @param units    in the file's order; each REST definition is a unit of its own
 */
record SourceFile(String location, String text, List<Unit> units) {

    /** Elements that apply to every route of their file, and to no other. */
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
     * Parses a text. Has no effect on what runs.
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

    /** Only the units of one kind. The text is empty, so that the whole file still counts as different. */
    SourceFile only(Kind kind) {
        return new SourceFile(
                location, "", units.stream().filter(unit -> unit.kind() == kind).toList());
    }

    /** A location without its {@code file:} prefix, for people. */
    static String path(String location) {
        return location.substring("file:".length());
    }

    private static List<Unit> units(String location, Node root) {
        List<Unit> units = new ArrayList<>();
        if (root instanceof SequenceNode items) {
            List<Node> scope = items.getValue().stream()
                    .filter(item -> SCOPE.contains(YamlNodes.onlyKey(item)))
                    .toList();
            for (Node item : items.getValue()) {
                if (!scope.contains(item)) {
                    add(location, item, scope, units);
                }
            }
        } else {
            units.add(Unit.of(Kind.OTHER, null, new Fragment(location, root, List.of())));
        }
        return units;
    }

    private static void add(String location, Node item, List<Node> scope, List<Unit> units) {
        String key = YamlNodes.onlyKey(item);
        Node value = YamlNodes.value(item, key);
        Fragment alone = new Fragment(location, item, List.of());
        Fragment scoped = new Fragment(location, item, scope);
        switch (key) {
            case "route" -> units.add(Unit.of(Kind.ROUTE, YamlNodes.scalar(value, "id"), scoped));
            case "from" -> units.add(Unit.of(Kind.ROUTE, null, scoped));
            case "templatedRoute", "templated-route" ->
                units.add(Unit.of(Kind.TEMPLATED_ROUTE, YamlNodes.scalar(value, "routeId", "route-id"), scoped));
            case "routeTemplate", "route-template" ->
                units.add(Unit.of(Kind.TEMPLATE, YamlNodes.scalar(value, "id"), scoped));
            case "routeConfiguration", "route-configuration" ->
                units.add(Unit.of(Kind.CONFIGURATION, YamlNodes.scalar(value, "id"), alone));
            case "rest", "restConfiguration", "rest-configuration" -> units.add(Unit.of(Kind.REST, null, scoped));
            case "beans" -> {
                if (value instanceof SequenceNode beans) {
                    beans.getValue()
                            .forEach(bean -> units.add(Unit.of(
                                    Kind.BEAN,
                                    YamlNodes.scalar(bean, "name"),
                                    new Fragment(location, bean, List.of()))));
                }
            }
            default -> units.add(Unit.of(Kind.OTHER, null, alone));
        }
    }
}
