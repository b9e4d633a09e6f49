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

/** What stands in Camel's model, or what a unit has put there. */
record Footprint(
        List<RouteDefinition> routes,
        List<RouteTemplateDefinition> templates,
        List<RouteConfigurationDefinition> configurations,
        List<RestDefinition> rests) {

    static final Footprint NONE = new Footprint(List.of(), List.of(), List.of(), List.of());

    /** What stands in the model now. */
    static Footprint of(Model model) {
        return new Footprint(
                List.copyOf(model.getRouteDefinitions()),
                List.copyOf(model.getRouteTemplateDefinitions()),
                List.copyOf(model.getRouteConfigurationDefinitions()),
                List.copyOf(model.getRestDefinitions()));
    }

    /** What has come since then. */
    Footprint since(Footprint before) {
        return new Footprint(
                minus(routes, before.routes),
                minus(templates, before.templates),
                minus(configurations, before.configurations),
                minus(rests, before.rests));
    }

    private static <T> List<T> minus(List<T> all, List<T> some) {
        Set<T> gone = Collections.newSetFromMap(new IdentityHashMap<>());
        gone.addAll(some);
        List<T> left = new ArrayList<>(all);
        left.removeIf(gone::contains);
        return left;
    }
}
