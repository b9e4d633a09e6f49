package io.cdccascade.reload;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.model.BeanFactoryDefinition;
import org.apache.camel.model.BeanModelHelper;
import org.apache.camel.model.Model;
import org.apache.camel.support.DefaultRegistry;
import org.apache.camel.support.ObjectHelper;
import org.apache.camel.support.SimpleRegistry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces beans in Camel's registry, so that it can be undone: what was there before lives on until the end is known.
 *
 * <p>The registry's map is not made for changes while others read it, so each change is made to a copy, which then
 * takes the map's place.
 */
final class BeanSwap {

    private static final Logger LOG = LoggerFactory.getLogger(BeanSwap.class);

    /** @param bean null if there was none, and definition likewise */
    private record Previous(String name, Object bean, BeanFactoryDefinition<?> definition) {}

    private final CamelContext context;
    private final DefaultRegistry registry;
    private final Model model;
    private final Deque<Previous> done = new ArrayDeque<>();

    BeanSwap(CamelContext context) {
        this.context = context;
        this.registry = context.getRegistry(DefaultRegistry.class);
        this.model = context.getCamelContextExtension().getContextPlugin(Model.class);
    }

    /** Makes a bean and puts it in the place of the one with its name, if there is one. */
    void put(BeanFactoryDefinition<?> definition) throws Exception {
        Object bean = BeanModelHelper.newInstance(definition, context);
        CamelContextAware.trySetCamelContext(bean, context);
        call(definition.getInitMethod(), bean);
        remember(definition.getName());
        bind(definition, bean);
    }

    /** Takes a bean away. */
    void remove(String name) {
        remember(name);
        hide(name);
    }

    /** Destroys what was replaced or taken away; there is no way back. */
    void commit() {
        for (Previous previous : done) {
            if (registry.lookupByName(previous.name()) == null) {
                // Destroys the bean, too.
                registry.unbind(previous.name());
            } else {
                destroy(previous.definition(), previous.bean());
            }
        }
        done.clear();
    }

    /** Puts everything back as it was. */
    void rollback() {
        while (!done.isEmpty()) {
            Previous previous = done.pop();
            Object bean = registry.lookupByName(previous.name());
            BeanFactoryDefinition<?> definition = definition(previous.name());
            if (previous.bean() == null) {
                hide(previous.name());
                registry.unbind(previous.name());
            } else {
                bind(previous.definition(), previous.bean());
                if (bean != null) {
                    destroy(definition, bean);
                }
            }
        }
    }

    private void remember(String name) {
        done.push(new Previous(name, registry.lookupByName(name), definition(name)));
    }

    private BeanFactoryDefinition<?> definition(String name) {
        return model.getCustomBeans().stream()
                .filter(bean -> bean.getName().equals(name))
                .findFirst()
                .orElse(null);
    }

    private void bind(BeanFactoryDefinition<?> definition, Object bean) {
        String name = definition.getName();
        SimpleRegistry beans = without(name);
        beans.bind(name, bean.getClass(), bean);
        registry.setFallbackRegistry(beans);
        // The same again, so that the registry knows whom to destroy in the end.
        registry.bind(name, bean.getClass(), bean, null, definition.getDestroyMethod());
        model.addCustomBean(definition);
    }

    private void hide(String name) {
        registry.setFallbackRegistry(without(name));
        model.getCustomBeans().removeIf(bean -> bean.getName().equals(name));
    }

    private SimpleRegistry without(String name) {
        SimpleRegistry copy = new SimpleRegistry();
        copy.putAll((SimpleRegistry) registry.getFallbackRegistry());
        copy.remove(name);
        return copy;
    }

    private static void destroy(BeanFactoryDefinition<?> definition, Object bean) {
        try {
            call(definition == null ? null : definition.getDestroyMethod(), bean);
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.warn(
                    "Bean {} was replaced, but its {} failed: {}",
                    definition.getName(),
                    definition.getDestroyMethod(),
                    e.toString());
        }
    }

    private static void call(String method, Object bean) throws ReflectiveOperationException {
        if (method != null) {
            try {
                ObjectHelper.invokeMethodSafe(method, bean);
            } catch (InvocationTargetException e) {
                throw RuntimeCamelException.wrapRuntimeCamelException(e.getCause());
            }
        }
    }
}
