package io.cdccascade.reload;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * A part of a file.
 *
 * @param location the file, e.g. {@code file:routes/read.camel.yaml}
 * @param node     the YAML, with its lines
 * @param scope    what else in the file applies to it, e.g. its {@code onException}
 */
record Fragment(String location, Node node, List<Node> scope) {

    /** The scope and the node, in this order. */
    List<Node> nodes() {
        List<Node> nodes = new ArrayList<>(scope);
        nodes.add(node);
        return nodes;
    }

    /** The first line, from 1. */
    int line() {
        return YamlNodes.line(node);
    }

    /** The line of the first key or value that matches, or else the first line. */
    int lineOf(Predicate<String> matches) {
        List<Integer> lines = new ArrayList<>();
        YamlNodes.visitScalars(node, (key, scalar) -> {
            if (matches.test(scalar.getValue())) {
                lines.add(YamlNodes.line(scalar));
            }
        });
        return lines.isEmpty() ? line() : lines.get(0);
    }

    /** Whether it covers a line of a file. */
    boolean contains(String file, int line) {
        return location.equals(file)
                && line >= line()
                && line <= node.getEndMark().map(mark -> mark.getLine() + 1).orElse(Integer.MAX_VALUE);
    }
}
