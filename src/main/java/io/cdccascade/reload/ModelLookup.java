package io.cdccascade.reload;

import java.util.List;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;

/** Finds in Camel's model what Camel itself loaded for a unit at the start. */
final class ModelLookup {

    private final Model model;

    ModelLookup(Model model) {
        this.model = model;
    }

    /** The definitions of a unit; none for a bean. */
    ModelDefinitions find(Unit unit) {
        List<RouteDefinition> routes = model.getRouteDefinitions();
        return switch (unit.kind()) {
            case ROUTE, TEMPLATED_ROUTE ->
                new ModelDefinitions(
                        routes.stream().filter(route -> isRoute(unit, route)).toList(),
                        List.of(),
                        List.of(),
                        List.of());
            case TEMPLATE ->
                new ModelDefinitions(
                        List.of(),
                        model.getRouteTemplateDefinitions().stream()
                                .filter(template -> unit.name().equals(template.getId()))
                                .toList(),
                        List.of(),
                        List.of());
            case CONFIGURATION ->
                new ModelDefinitions(
                        List.of(),
                        List.of(),
                        model.getRouteConfigurationDefinitions().stream()
                                .filter(configuration -> isConfiguration(unit, configuration))
                                .toList(),
                        List.of());
            case REST ->
                new ModelDefinitions(
                        routes.stream().filter(ModelLookup::isOfRest).toList(),
                        List.of(),
                        List.of(),
                        List.copyOf(model.getRestDefinitions()));
            default -> ModelDefinitions.NONE;
        };
    }

    private static boolean isRoute(Unit unit, RouteDefinition route) {
        return unit.name().equals(route.getId())
                || unit.isNameless()
                        && unit.fragment()
                                .contains(
                                        route.getInput().getLocation(),
                                        route.getInput().getLineNumber());
    }

    private static boolean isConfiguration(Unit unit, RouteConfigurationDefinition configuration) {
        return unit.name().equals(configuration.getId()) || unit.isNameless() && configuration.getId() == null;
    }

    private static boolean isOfRest(RouteDefinition route) {
        return route.getRestDefinition() != null
                || route.getInput().getEndpointUri().startsWith("rest-api:");
    }
}
