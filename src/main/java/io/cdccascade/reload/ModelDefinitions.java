package io.cdccascade.reload;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteTemplateDefinition;
import org.apache.camel.model.rest.RestDefinition;

/** Definitions in Camel's model: all of them, or those that belong to one unit. */
record ModelDefinitions(
        List<RouteDefinition> routes,
        List<RouteTemplateDefinition> templates,
        List<RouteConfigurationDefinition> configurations,
        List<RestDefinition> rests) {

    static final ModelDefinitions NONE = new ModelDefinitions(List.of(), List.of(), List.of(), List.of());

    /** All that the model holds now. */
    static ModelDefinitions of(Model model) {
        return new ModelDefinitions(
                List.copyOf(model.getRouteDefinitions()),
                List.copyOf(model.getRouteTemplateDefinitions()),
                List.copyOf(model.getRouteConfigurationDefinitions()),
                List.copyOf(model.getRestDefinitions()));
    }

    /** Those that are not in an earlier state; compared by identity. */
    ModelDefinitions since(ModelDefinitions earlier) {
        return new ModelDefinitions(
                minus(routes, earlier.routes),
                minus(templates, earlier.templates),
                minus(configurations, earlier.configurations),
                minus(rests, earlier.rests));
    }

    private static <T> List<T> minus(List<T> all, List<T> excluded) {
        Set<T> identities = Collections.newSetFromMap(new IdentityHashMap<>());
        identities.addAll(excluded);
        List<T> remaining = new ArrayList<>(all);
        remaining.removeIf(identities::contains);
        return remaining;
    }
}
