package io.cdccascade.reload;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.model.Model;
import org.apache.camel.support.EventHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the running system match a set of files: all of the difference takes effect, or nothing does. Not thread-safe.
 */
final class EditApplier {

    private static final Logger LOG = LoggerFactory.getLogger(EditApplier.class);

    private final CamelContext context;
    private final Gate gate;
    private final long drainMs;
    private final UnitReader reader;
    private final InstalledUnits installed = new InstalledUnits();
    private final EditCheck check;
    private final ModelInstaller installer;
    private final RouteStopper stopper;

    /**
     * @param drainMs    how long an edit waits for running requests, in milliseconds
     * @param fixedBeans the names of the beans that cannot be replaced while the system runs
     */
    EditApplier(CamelContext context, Gate gate, long drainMs, Set<String> fixedBeans) {
        this.context = context;
        this.gate = gate;
        this.drainMs = drainMs;
        this.reader = new UnitReader(context);
        this.check = new EditCheck(context, reader, fixedBeans);
        this.installer = new ModelInstaller(context, reader, installed);
        this.stopper = new RouteStopper(context);
    }

    /** Records what Camel itself has loaded from files. */
    void adopt(Collection<SourceFile> files) {
        ModelLookup lookup = new ModelLookup(context.getCamelContextExtension().getContextPlugin(Model.class));
        for (Unit unit : DeclaredUnits.of(files).units()) {
            installed.add(new InstalledUnit(unit, lookup.find(unit)));
        }
    }

    /**
     * Makes exactly the units of these files run.
     *
     * @return what changed, for the log; empty if nothing had to change
     * @throws RejectedEditException if that is not possible; then everything is as before
     * @throws DrainTimeoutException if running requests took too long; then everything is as before
     */
    String apply(Collection<SourceFile> files) throws RejectedEditException, DrainTimeoutException {
        EditPlan plan = EditPlan.of(installed, DeclaredUnits.of(files).byKey(installed));
        if (plan.isEmpty()) {
            return "";
        }
        check.check(plan, installed);
        BeanTransaction beans = new BeanTransaction(context);
        boolean applied = false;
        try {
            beans.putAll(plan.beansToAdd(), reader);
            if (plan.changesModel()) {
                replaceBehindGate(plan, beans);
            } else {
                replace(plan, beans);
            }
            applied = true;
        } finally {
            if (!applied) {
                beans.rollback();
            }
        }
        beans.commit();
        return plan.summary();
    }

    private void replaceBehindGate(EditPlan plan, BeanTransaction beans)
            throws RejectedEditException, DrainTimeoutException {
        boolean drained = !plan.servesRequests() || gate.drainRequests(drainMs);
        if (!drained || !gate.drainObservers(drainMs)) {
            throw new DrainTimeoutException(drainMs);
        }
        try {
            replace(plan, beans);
        } finally {
            gate.open();
        }
    }

    private void replace(EditPlan plan, BeanTransaction beans) throws RejectedEditException {
        List<InstalledUnit> old =
                plan.remove().stream().map(unit -> installed.get(unit.key())).toList();
        stopper.stop(old.stream()
                .flatMap(unit -> unit.definitions().routes().stream())
                .toList());
        old.forEach(installer::uninstall);
        plan.beansToRemove().forEach(bean -> beans.remove(bean.name()));
        List<InstalledUnit> added = new ArrayList<>();
        try {
            for (Unit unit : plan.add()) {
                added.add(installer.install(unit));
            }
        } catch (RejectedEditException e) {
            for (int i = added.size() - 1; i >= 0; i--) {
                installer.uninstall(added.get(i));
            }
            // The old routes need the old beans.
            beans.rollback();
            restore(plan.remove());
            throw e;
        }
        notifyReloaded(added);
    }

    private void restore(List<Unit> removed) {
        for (int i = removed.size() - 1; i >= 0; i--) {
            Unit unit = removed.get(i);
            try {
                installer.install(unit);
            } catch (RejectedEditException e) {
                LOG.error("Could not restore {} after a rejected edit: {}", unit, e.getMessage(), e);
            }
        }
    }

    /** Camel's tools listen for these events. */
    private void notifyReloaded(List<InstalledUnit> added) {
        List<Route> routes = added.stream()
                .flatMap(unit -> unit.definitions().routes().stream())
                .map(route -> context.getRoute(route.getRouteId()))
                .filter(Objects::nonNull)
                .toList();
        for (int i = 0; i < routes.size(); i++) {
            EventHelper.notifyRouteReloaded(context, routes.get(i), i + 1, routes.size());
        }
    }
}
