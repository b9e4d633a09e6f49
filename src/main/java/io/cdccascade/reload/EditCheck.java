package io.cdccascade.reload;

import io.cdccascade.reload.Unit.Kind;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.model.Model;

/** Rejects what can be seen to be wrong with a plan before anything is changed. */
final class EditCheck {

    private final CamelContext context;
    private final Model model;
    private final UnitReader reader;
    private final Set<String> fixedBeans;

    /** @param fixedBeans the names of the beans that cannot be replaced while the system runs */
    EditCheck(CamelContext context, UnitReader reader, Set<String> fixedBeans) {
        this.context = context;
        this.model = context.getCamelContextExtension().getContextPlugin(Model.class);
        this.reader = reader;
        this.fixedBeans = fixedBeans;
    }

    /** @throws RejectedEditException for the first unit that cannot be installed, or not before the next start */
    void check(EditPlan plan, InstalledUnits installed) throws RejectedEditException {
        for (Unit unit : plan.units().toList()) {
            if (unit.kind() == Kind.OTHER || unit.kind() == Kind.BEAN && fixedBeans.contains(unit.name())) {
                throw RejectedEditException.of(unit, "takes effect at the next start");
            }
        }
        for (Unit unit : plan.add()) {
            try {
                reader.check(unit);
            } catch (Exception e) {
                throw RejectedEditException.of(unit, e);
            }
            if (!installed.contains(unit.key()) && exists(unit)) {
                throw RejectedEditException.of(unit, "already defined, but not in a route file");
            }
        }
    }

    private boolean exists(Unit unit) {
        return switch (unit.kind()) {
            case BEAN -> context.getRegistry().lookupByName(unit.name()) != null;
            case ROUTE, TEMPLATED_ROUTE -> model.getRouteDefinition(unit.name()) != null;
            case TEMPLATE -> model.getRouteTemplateDefinition(unit.name()) != null;
            default -> false;
        };
    }
}
