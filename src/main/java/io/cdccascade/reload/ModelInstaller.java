package io.cdccascade.reload;

import io.cdccascade.reload.Unit.Kind;
import java.util.List;
import java.util.Objects;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.RestConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Adds units to Camel's model, which starts their routes, and removes them. Keeps {@link InstalledUnits} up to date. */
final class ModelInstaller {

    private static final Logger LOG = LoggerFactory.getLogger(ModelInstaller.class);

    private final CamelContext context;
    private final Model model;
    private final UnitReader reader;
    private final InstalledUnits installed;

    ModelInstaller(CamelContext context, UnitReader reader, InstalledUnits installed) {
        this.context = context;
        this.model = context.getCamelContextExtension().getContextPlugin(Model.class);
        this.reader = reader;
        this.installed = installed;
    }

    /**
     * Adds a unit to the model. A bean is not part of the model, so for a bean this only records the unit.
     *
     * @throws RejectedEditException if Camel refuses it; then nothing of it is left in the model
     */
    InstalledUnit install(Unit unit) throws RejectedEditException {
        ModelDefinitions before = ModelDefinitions.of(model);
        try {
            switch (unit.kind()) {
                case CONFIGURATION -> reader.builder(unit.fragment()).addRouteConfigurationsToCamelContext(context);
                case TEMPLATE, ROUTE -> context.addRoutes(reader.builder(unit.fragment()));
                case TEMPLATED_ROUTE -> {
                    RouteBuilder builder = reader.builder(unit.fragment());
                    builder.configureRoutes(context);
                    context.addTemplatedRoutes(builder);
                }
                case REST -> context.addRoutes(restBuilder(unit));
                default -> {}
            }
        } catch (Exception | LinkageError e) {
            uninstall(added(unit, before));
            throw RejectedEditException.of(unit, e);
        }
        InstalledUnit added = added(unit, before);
        installed.add(added);
        return added;
    }

    /** Removes a unit whose routes are stopped or never started. A failure is logged, and the rest is removed. */
    void uninstall(InstalledUnit old) {
        try {
            for (RouteDefinition route : old.definitions().routes()) {
                if (model.getRouteDefinitions().contains(route)) {
                    model.removeRouteDefinition(route);
                }
            }
            model.removeRouteTemplateDefinitions(old.definitions().templates());
        } catch (Exception e) {
            LOG.warn("Removing {} failed: {}", old.unit(), e.toString(), e);
        }
        model.getRouteConfigurationDefinitions().removeAll(old.definitions().configurations());
        model.getRestDefinitions().removeAll(old.definitions().rests());
        if (old.unit().kind() == Kind.REST) {
            context.setRestConfiguration(new RestConfiguration());
        }
        installed.remove(old.unit().key());
    }

    private InstalledUnit added(Unit unit, ModelDefinitions before) {
        return new InstalledUnit(unit, ModelDefinitions.of(model).since(before));
    }

    /** One builder for all REST definitions: it adds the OpenAPI document first, which must list all of them. */
    private RouteBuilder restBuilder(Unit unit) throws Exception {
        context.setRestConfiguration(new RestConfiguration());
        RouteBuilder all = reader.builder(unit.fragment());
        all.configureRoutes(context);
        for (Fragment fragment : unit.fragments().subList(1, unit.fragments().size())) {
            RouteBuilder part = reader.builder(fragment);
            part.configureRoutes(context);
            all.getRestCollection().getRests().addAll(part.getRestCollection().getRests());
        }
        List<String> ids = all.getRestCollection().getRests().stream()
                .flatMap(rest -> rest.getVerbs().stream())
                .map(verb -> verb.getRouteId())
                .filter(Objects::nonNull)
                .toList();
        for (String id : ids) {
            if (model.getRouteDefinition(id) != null || ids.indexOf(id) != ids.lastIndexOf(id)) {
                throw new IllegalArgumentException("route " + id + " is already defined");
            }
        }
        return all;
    }
}
