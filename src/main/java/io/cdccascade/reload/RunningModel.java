package io.cdccascade.reload;

import io.cdccascade.reload.Unit.Kind;
import io.cdccascade.reload.Unit.Piece;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.RestConfiguration;
import org.apache.camel.spi.RouteStartupOrder;
import org.apache.camel.support.EventHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What runs, as units, and how it becomes something else: what differs is replaced, with all that mentions it, or
 * nothing is. Not thread-safe.
 */
final class RunningModel {

    private static final Logger LOG = LoggerFactory.getLogger(RunningModel.class);
    private static final long UNIT_OF_WORK_MS = 200;

    private record Installed(Unit unit, Footprint footprint) {}

    private record Plan(List<Unit> remove, List<Unit> add) {

        boolean servesRequests() {
            return Stream.concat(remove.stream(), add.stream()).anyMatch(Unit::servesRequests);
        }

        boolean replacesRoutes() {
            return Stream.concat(remove.stream(), add.stream()).anyMatch(unit -> unit.kind() != Kind.BEAN);
        }

        boolean isEmpty() {
            return remove.isEmpty() && add.isEmpty();
        }

        List<Unit> added(Kind kind) {
            return add.stream().filter(unit -> unit.kind() == kind).toList();
        }
    }

    private final CamelContext context;
    private final Model model;
    private final UnitReader reader;
    private final Gate gate;
    private final long drainMs;
    private final Set<String> fixed;
    private final Map<Unit.Key, Installed> installed = new LinkedHashMap<>();

    /**
     * @param drainMs how long the requests inside may take to end, in milliseconds
     * @param fixed   the names of the beans that cannot be replaced while the system runs
     */
    RunningModel(CamelContext context, Gate gate, long drainMs, Set<String> fixed) {
        this.context = context;
        this.model = context.getCamelContextExtension().getContextPlugin(Model.class);
        this.reader = new UnitReader(context);
        this.gate = gate;
        this.drainMs = drainMs;
        this.fixed = fixed;
    }

    /** Takes note of what Camel itself has loaded from a file. */
    void learn(Collection<SourceFile> files) {
        for (Unit unit : units(files)) {
            installed.put(unit.key(), new Installed(unit, find(unit)));
        }
    }

    /**
     * Makes what runs equal to the files.
     *
     * @return what was done, for the log; empty if there was nothing to do
     * @throws RejectedEditException if that is not possible; then everything is as it was
     * @throws BusyException         if requests took too long to end; then everything is as it was
     */
    String become(Collection<SourceFile> files) throws RejectedEditException, BusyException {
        Plan plan = plan(unique(units(files)));
        if (plan.isEmpty()) {
            return "";
        }
        check(plan);
        BeanSwap beans = new BeanSwap(context);
        boolean done = false;
        try {
            putBeans(plan.added(Kind.BEAN), beans);
            if (plan.replacesRoutes()) {
                swapBehindTheGate(plan, beans);
            } else {
                swap(plan, beans);
            }
            done = true;
        } finally {
            if (!done) {
                beans.rollback();
            }
        }
        beans.commit();
        return describe(plan);
    }

    private void swapBehindTheGate(Plan plan, BeanSwap beans) throws RejectedEditException, BusyException {
        if (plan.servesRequests() && !gate.awaitRequests(drainMs) || !gate.awaitObservers(drainMs)) {
            throw new BusyException(drainMs);
        }
        try {
            swap(plan, beans);
        } finally {
            gate.open();
        }
    }

    private static List<Unit> units(Collection<SourceFile> files) {
        Map<Boolean, List<Unit>> byRest = files.stream()
                .flatMap(file -> file.units().stream())
                .collect(Collectors.partitioningBy(unit -> unit.kind() == Kind.REST));
        List<Unit> units = new ArrayList<>(byRest.get(false));
        if (!byRest.get(true).isEmpty()) {
            units.add(Unit.rest(byRest.get(true)));
        }
        return units;
    }

    private Map<Unit.Key, Unit> unique(List<Unit> units) throws RejectedEditException {
        Map<Unit.Key, Unit> unique = new LinkedHashMap<>();
        for (Unit unit : units) {
            Unit other = unique.put(unit.key(), unit);
            if (other != null) {
                // Whoever was there first stays.
                Installed known = installed.get(unit.key());
                boolean first = known != null
                        && known.unit().piece().location().equals(unit.piece().location());
                Unit later = first ? other : unit;
                Unit earlier = first ? unit : other;
                throw RejectedEditException.of(
                        later,
                        "there is already one in " + earlier.piece().location().substring("file:".length()) + ":"
                                + earlier.piece().line());
            }
        }
        return unique;
    }

    private Plan plan(Map<Unit.Key, Unit> target) {
        Set<Unit.Key> changed = new HashSet<>();
        Set<Unit> causes = new HashSet<>();
        for (Unit unit : target.values()) {
            Installed known = installed.get(unit.key());
            if (known == null || !known.unit().text().equals(unit.text())) {
                changed.add(unit.key());
                causes.add(unit);
            }
        }
        for (Installed known : installed.values()) {
            if (!target.containsKey(known.unit().key())) {
                changed.add(known.unit().key());
                causes.add(known.unit());
            }
        }
        while (!causes.isEmpty()) {
            Set<Unit> affected = target.values().stream()
                    .filter(unit -> !changed.contains(unit.key()))
                    .filter(unit -> causes.stream().anyMatch(unit::mentions))
                    .collect(Collectors.toSet());
            affected.forEach(unit -> changed.add(unit.key()));
            causes.clear();
            causes.addAll(affected);
        }
        Comparator<Unit> order = Comparator.comparing(Unit::kind);
        return new Plan(
                installed.values().stream()
                        .map(Installed::unit)
                        .filter(unit -> changed.contains(unit.key()))
                        .sorted(order.reversed())
                        .toList(),
                target.values().stream()
                        .filter(unit -> changed.contains(unit.key()))
                        .sorted(order)
                        .toList());
    }

    private void check(Plan plan) throws RejectedEditException {
        for (Unit unit :
                Stream.concat(plan.add().stream(), plan.remove().stream()).toList()) {
            if (unit.kind() == Kind.OTHER) {
                throw RejectedEditException.of(unit, "such a thing takes effect at the next start");
            }
            if (unit.kind() == Kind.BEAN && fixed.contains(unit.name())) {
                throw RejectedEditException.of(unit, "takes effect at the next start");
            }
        }
        for (Unit unit : plan.add()) {
            try {
                reader.check(unit);
            } catch (Exception e) {
                throw RejectedEditException.of(unit, e);
            }
            if (!installed.containsKey(unit.key()) && exists(unit)) {
                throw RejectedEditException.of(unit, "there is already one that no route file declares");
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

    /** Beans may refer to each other in any order: whoever cannot be made is tried again after the others. */
    private void putBeans(List<Unit> units, BeanSwap beans) throws RejectedEditException {
        List<Unit> waiting = units;
        while (!waiting.isEmpty()) {
            List<Unit> failed = new ArrayList<>();
            RejectedEditException reason = null;
            for (Unit unit : waiting) {
                try {
                    beans.put(reader.bean(unit.piece()));
                } catch (Exception | LinkageError e) {
                    failed.add(unit);
                    reason = reason == null ? RejectedEditException.of(unit, e) : reason;
                }
            }
            if (failed.size() == waiting.size()) {
                throw reason;
            }
            waiting = failed;
        }
    }

    private void swap(Plan plan, BeanSwap beans) throws RejectedEditException {
        List<Installed> old =
                plan.remove().stream().map(unit -> installed.get(unit.key())).toList();
        stop(old.stream().flatMap(unit -> unit.footprint().routes().stream()).toList());
        old.forEach(this::uninstall);
        Set<String> kept = plan.added(Kind.BEAN).stream().map(Unit::name).collect(Collectors.toSet());
        old.stream()
                .map(Installed::unit)
                .filter(unit -> unit.kind() == Kind.BEAN && !kept.contains(unit.name()))
                .forEach(unit -> beans.remove(unit.name()));
        List<Installed> added = new ArrayList<>();
        try {
            for (Unit unit : plan.add()) {
                added.add(install(unit));
            }
        } catch (RejectedEditException e) {
            for (int i = added.size() - 1; i >= 0; i--) {
                uninstall(added.get(i));
            }
            beans.rollback();
            restore(plan);
            throw e;
        }
        notifyReloaded(added);
    }

    private void restore(Plan plan) {
        for (int i = plan.remove().size() - 1; i >= 0; i--) {
            Unit unit = plan.remove().get(i);
            try {
                install(unit);
            } catch (RejectedEditException e) {
                LOG.error("After a rejected edit {} could not be started again: {}", unit, e.getMessage(), e);
            }
        }
    }

    private Installed install(Unit unit) throws RejectedEditException {
        Footprint before = Footprint.of(model);
        try {
            switch (unit.kind()) {
                case CONFIGURATION -> reader.builder(unit.piece()).addRouteConfigurationsToCamelContext(context);
                case TEMPLATE, ROUTE -> context.addRoutes(reader.builder(unit.piece()));
                case TEMPLATED_ROUTE -> {
                    RouteBuilder builder = reader.builder(unit.piece());
                    builder.configureRoutes(context);
                    context.addTemplatedRoutes(builder);
                }
                case REST -> context.addRoutes(rests(unit));
                default -> {}
            }
        } catch (Exception | LinkageError e) {
            uninstall(new Installed(unit, Footprint.of(model).since(before)));
            throw RejectedEditException.of(unit, e);
        }
        Installed result = new Installed(unit, Footprint.of(model).since(before));
        installed.put(unit.key(), result);
        return result;
    }

    /** One builder for all of them, so that the OpenAPI document, which it adds first, knows them all. */
    private RouteBuilder rests(Unit unit) throws Exception {
        context.setRestConfiguration(new RestConfiguration());
        RouteBuilder all = reader.builder(unit.piece());
        all.configureRoutes(context);
        for (Piece piece : unit.pieces().subList(1, unit.pieces().size())) {
            RouteBuilder part = reader.builder(piece);
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
                throw new IllegalArgumentException("there is already a route " + id);
            }
        }
        return all;
    }

    private void uninstall(Installed old) {
        try {
            for (RouteDefinition route : old.footprint().routes()) {
                if (model.getRouteDefinitions().contains(route)) {
                    model.removeRouteDefinition(route);
                }
            }
            model.removeRouteTemplateDefinitions(old.footprint().templates());
        } catch (Exception e) {
            LOG.warn("Removing {} failed: {}", old.unit(), e.toString(), e);
        }
        model.getRouteConfigurationDefinitions().removeAll(old.footprint().configurations());
        model.getRestDefinitions().removeAll(old.footprint().rests());
        if (old.unit().kind() == Kind.REST) {
            context.setRestConfiguration(new RestConfiguration());
        }
        installed.remove(old.unit().key());
    }

    /** Stops routes together, so that none is taken away from another one that still needs it. */
    private void stop(List<RouteDefinition> routes) {
        Set<String> ids = routes.stream().map(RouteDefinition::getRouteId).collect(Collectors.toSet());
        List<RouteStartupOrder> running = context.getCamelContextExtension().getRouteStartupOrder().stream()
                .filter(order -> ids.contains(order.getRoute().getId()))
                .toList();
        awaitUnitsOfWork(ids);
        try {
            context.getShutdownStrategy().shutdown(context, running);
        } catch (Exception e) {
            LOG.warn("Stopping the routes {} failed: {}", ids, e.toString(), e);
        }
    }

    /** A unit of work ends a moment after its response; Camel would wait a second before it looks again. */
    private void awaitUnitsOfWork(Set<String> ids) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(UNIT_OF_WORK_MS);
        while (System.nanoTime() < deadline
                && ids.stream().anyMatch(id -> context.getInflightRepository().size(id) > 0)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private Footprint find(Unit unit) {
        return switch (unit.kind()) {
            case ROUTE, TEMPLATED_ROUTE ->
                new Footprint(
                        model.getRouteDefinitions().stream()
                                .filter(route -> unit.name().equals(route.getId())
                                        || unit.name().equals(unit.text())
                                                && stands(
                                                        unit,
                                                        route.getInput().getLocation(),
                                                        route.getInput().getLineNumber()))
                                .toList(),
                        List.of(),
                        List.of(),
                        List.of());
            case TEMPLATE ->
                new Footprint(
                        List.of(),
                        model.getRouteTemplateDefinitions().stream()
                                .filter(template -> unit.name().equals(template.getId()))
                                .toList(),
                        List.of(),
                        List.of());
            case CONFIGURATION ->
                new Footprint(
                        List.of(),
                        List.of(),
                        model.getRouteConfigurationDefinitions().stream()
                                .filter(configuration -> unit.name().equals(configuration.getId())
                                        || unit.name().equals(unit.text()) && configuration.getId() == null)
                                .toList(),
                        List.of());
            case REST ->
                new Footprint(
                        model.getRouteDefinitions().stream()
                                .filter(route -> route.getRestDefinition() != null
                                        || route.getInput().getEndpointUri().startsWith("rest-api:"))
                                .toList(),
                        List.of(),
                        List.of(),
                        List.copyOf(model.getRestDefinitions()));
            default -> Footprint.NONE;
        };
    }

    private static boolean stands(Unit unit, String location, int line) {
        return unit.piece().location().equals(location)
                && line >= unit.piece().line()
                && line
                        <= unit.piece()
                                .node()
                                .getEndMark()
                                .map(mark -> mark.getLine() + 1)
                                .orElse(Integer.MAX_VALUE);
    }

    private void notifyReloaded(List<Installed> added) {
        List<Route> routes = added.stream()
                .flatMap(unit -> unit.footprint().routes().stream())
                .map(route -> context.getRoute(route.getRouteId()))
                .filter(Objects::nonNull)
                .toList();
        for (int i = 0; i < routes.size(); i++) {
            EventHelper.notifyRouteReloaded(context, routes.get(i), i + 1, routes.size());
        }
    }

    private static String describe(Plan plan) {
        Set<Unit.Key> added = plan.add().stream().map(Unit::key).collect(Collectors.toSet());
        Set<Unit.Key> removed = plan.remove().stream().map(Unit::key).collect(Collectors.toSet());
        return Stream.of(
                        list("replaced", plan.add().stream().filter(unit -> removed.contains(unit.key()))),
                        list("added", plan.add().stream().filter(unit -> !removed.contains(unit.key()))),
                        list("removed", plan.remove().stream().filter(unit -> !added.contains(unit.key()))))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining("; "));
    }

    private static String list(String done, Stream<Unit> units) {
        String names = units.map(Unit::toString).collect(Collectors.joining(", "));
        return names.isEmpty() ? "" : done + " " + names;
    }
}
