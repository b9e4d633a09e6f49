package io.cdccascade.reload;

import java.util.List;
import java.util.function.BiConsumer;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Access to parsed YAML. */
final class YamlNodes {

    private YamlNodes() {}

    /** The value under the first of the keys that a mapping has, or null. */
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

    /** The scalar under the first of the keys that a mapping has, or null. */
    static String scalar(Node node, String... keys) {
        return value(node, keys) instanceof ScalarNode scalar ? scalar.getValue() : null;
    }

    /** The only key of a mapping, or an empty string if it has more than one or is not a mapping. */
    static String onlyKey(Node node) {
        return node instanceof MappingNode mapping
                        && mapping.getValue().size() == 1
                        && mapping.getValue().get(0).getKeyNode() instanceof ScalarNode key
                ? key.getValue()
                : "";
    }

    /** The line where a node starts, from 1; 1 if it is not known. */
    static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }

    /**
     * Calls a visitor for every key and value below a node.
     *
     * @param visitor takes the key that the scalar stands under, or an empty string for a key itself, and the scalar
     */
    static void visitScalars(Node node, BiConsumer<String, ScalarNode> visitor) {
        visit("", node, visitor);
    }

    /** Appends the content without layout and comments; different content gives different text. */
    static void appendCanonical(Node node, StringBuilder out) {
        if (node instanceof ScalarNode scalar) {
            out.append(scalar.getValue().length()).append(':').append(scalar.getValue());
        } else if (node instanceof SequenceNode sequence) {
            out.append('[');
            sequence.getValue().forEach(item -> appendCanonical(item, out));
            out.append(']');
        } else if (node instanceof MappingNode mapping) {
            out.append('{');
            mapping.getValue().forEach(tuple -> {
                appendCanonical(tuple.getKeyNode(), out);
                appendCanonical(tuple.getValueNode(), out);
            });
            out.append('}');
        }
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
}
