package io.cdccascade.reload;

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

/** Camel's YAML loader for a part of a file instead of the whole file. Unlike Camel's, it makes no beans. */
final class UnitReader extends YamlRoutesBuilderLoader {

    UnitReader(CamelContext context) {
        setCamelContext(context);
    }

    /**
     * Parses a unit as Camel would. Has no effect on what runs.
     *
     * @throws Exception if Camel cannot parse it, or a bean's class does not exist
     */
    void check(Unit unit) throws Exception {
        if (unit.kind() == Unit.Kind.BEAN) {
            getCamelContext()
                    .getClassResolver()
                    .resolveMandatoryClass(bean(unit.fragment()).getType().replaceFirst("^#class:", ""));
        } else {
            unit.fragments()
                    .forEach(fragment -> fragment.nodes()
                            .forEach(node ->
                                    context(fragment).mandatoryResolve(node).construct(node)));
        }
    }

    /** A builder that adds what the fragment declares once Camel configures it. */
    RouteConfigurationBuilder builder(Fragment fragment) {
        SequenceNode document = new SequenceNode(Tag.SEQ, fragment.nodes(), FlowStyle.BLOCK);
        RouteBuilder builder = builder(context(fragment), document);
        builder.setCamelContext(getCamelContext());
        builder.setResource(resource(fragment));
        return (RouteConfigurationBuilder) builder;
    }

    /**
     * The definition of a bean.
     *
     * @throws IllegalArgumentException if its name or type is missing
     */
    BeanFactoryDefinition<?> bean(Fragment fragment) {
        Node node = YamlDeserializerSupport.setDeserializationContext(fragment.node(), context(fragment));
        BeanFactoryDefinition<?> bean = YamlDeserializerSupport.asType(node, BeanFactoryDefinition.class);
        if (bean.getName() == null || bean.getType() == null) {
            throw new IllegalArgumentException("a bean needs a name and a type");
        }
        bean.setResource(resource(fragment));
        return bean;
    }

    private YamlDeserializationContext context(Fragment fragment) {
        return newYamlDeserializationContext(
                LoadSettings.builder().setLabel(fragment.location()).build(), resource(fragment));
    }

    private Resource resource(Fragment fragment) {
        return PluginHelper.getResourceLoader(getCamelContext()).resolveResource(fragment.location());
    }
}
