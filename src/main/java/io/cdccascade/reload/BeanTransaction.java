package io.cdccascade.reload;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
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
 * Replaces beans in Camel's registry. {@link #rollback} undoes it; until {@link #commit} the old beans are not destroyed.
 *
 * <p>The registry's map is not safe to change while other threads read it. So each change is made to a copy, which then
 * replaces the map.
 */
final class BeanTransaction {

    private static final Logger LOG = LoggerFactory.getLogger(BeanTransaction.class);

    /**
     * What was there before a change.
     *
     * @param bean       null if there was none
     * @param definition null if there was none
     */
    private record Previous(String name, Object bean, BeanFactoryDefinition<?> definition) {}

    private final CamelContext context;
    private final DefaultRegistry registry;
    private final Model model;
    private final Deque<Previous> changes = new ArrayDeque<>();

    BeanTransaction(CamelContext context) {
        this.context = context;
        this.registry = context.getRegistry(DefaultRegistry.class);
        this.model = context.getCamelContextExtension().getContextPlugin(Model.class);
    }

    /**
     * Makes beans, each of which replaces the one with its name. They may refer to each other in any order: one that
     * cannot be made is tried again after the others.
     *
     * @throws RejectedEditException if one cannot be made; others may have been
     */
    void putAll(List<Unit> units, UnitReader reader) throws RejectedEditException {
        List<Unit> waiting = units;
        while (!waiting.isEmpty()) {
            List<Unit> failed = new ArrayList<>();
            RejectedEditException first = null;
            for (Unit unit : waiting) {
                try {
                    put(reader.bean(unit.fragment()));
                } catch (Exception | LinkageError e) {
                    failed.add(unit);
                    first = first == null ? RejectedEditException.of(unit, e) : first;
                }
            }
            if (failed.size() == waiting.size()) {
                throw first;
            }
            waiting = failed;
        }
    }

    /** Removes a bean. */
    void remove(String name) {
        remember(name);
        hide(name);
    }

    /** Destroys the beans that were replaced or removed. */
    void commit() {
        for (Previous previous : changes) {
            if (registry.lookupByName(previous.name()) == null) {
                // This also destroys the bean.
                registry.unbind(previous.name());
            } else {
                destroy(previous.definition(), previous.bean());
            }
        }
        changes.clear();
    }

    /** Restores the beans from before, and destroys those that were made. */
    void rollback() {
        while (!changes.isEmpty()) {
            Previous previous = changes.pop();
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

    private void put(BeanFactoryDefinition<?> definition) throws Exception {
        Object bean = BeanModelHelper.newInstance(definition, context);
        CamelContextAware.trySetCamelContext(bean, context);
        call(definition.getInitMethod(), bean);
        remember(definition.getName());
        bind(definition, bean);
    }

    private void remember(String name) {
        changes.push(new Previous(name, registry.lookupByName(name), definition(name)));
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
        // Bound once more with its destroy method, which the registry calls when it stops.
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
