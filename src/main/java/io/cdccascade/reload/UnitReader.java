package io.cdccascade.reload;

import io.cdccascade.reload.Unit.Piece;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.dsl.yaml.YamlRoutesBuilderLoader;
import org.apache.camel.dsl.yaml.common.YamlDeserializationContext;
import org.apache.camel.dsl.yaml.common.YamlDeserializerSupport;
import org.apache.camel.model.BeanFactoryDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Camel's loader of YAML, for a part of a file instead of all of it, and without its eager making of beans. */
final class UnitReader extends YamlRoutesBuilderLoader {

    UnitReader(CamelContext context) {
        setCamelContext(context);
    }

    /**
     * Reads the model of a unit and forgets it: has no effect.
     *
     * @throws Exception what is wrong with it
     */
    void check(Unit unit) throws Exception {
        if (unit.kind() == Unit.Kind.BEAN) {
            getCamelContext()
                    .getClassResolver()
                    .resolveMandatoryClass(bean(unit.piece()).getType().replaceFirst("^#class:", ""));
        } else {
            unit.pieces()
                    .forEach(piece -> nodes(piece)
                            .forEach(node ->
                                    context(piece).mandatoryResolve(node).construct(node)));
        }
    }

    /** A builder of what the piece says, not yet asked for anything. */
    RouteConfigurationBuilder builder(Piece piece) {
        SequenceNode document = new SequenceNode(Tag.SEQ, nodes(piece), FlowStyle.BLOCK);
        RouteBuilder builder = builder(context(piece), document);
        builder.setCamelContext(getCamelContext());
        builder.setResource(resource(piece));
        return (RouteConfigurationBuilder) builder;
    }

    /** The definition of a bean. */
    BeanFactoryDefinition<?> bean(Piece piece) {
        Node node = YamlDeserializerSupport.setDeserializationContext(piece.node(), context(piece));
        BeanFactoryDefinition<?> bean = YamlDeserializerSupport.asType(node, BeanFactoryDefinition.class);
        if (bean.getName() == null || bean.getType() == null) {
            throw new IllegalArgumentException("a bean needs a name and a type");
        }
        bean.setResource(resource(piece));
        return bean;
    }

    private YamlDeserializationContext context(Piece piece) {
        return newYamlDeserializationContext(
                LoadSettings.builder().setLabel(piece.location()).build(), resource(piece));
    }

    private Resource resource(Piece piece) {
        return PluginHelper.getResourceLoader(getCamelContext()).resolveResource(piece.location());
    }

    private static List<Node> nodes(Piece piece) {
        List<Node> nodes = new ArrayList<>(piece.scope());
        nodes.add(piece.node());
        return nodes;
    }
}
