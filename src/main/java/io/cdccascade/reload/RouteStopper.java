package io.cdccascade.reload;

import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.RouteStartupOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stops routes gracefully. */
final class RouteStopper {

    private static final Logger LOG = LoggerFactory.getLogger(RouteStopper.class);
    private static final long UNIT_OF_WORK_MS = 200;

    private final CamelContext context;

    RouteStopper(CamelContext context) {
        this.context = context;
    }

    /**
     * Stops routes in one shutdown, so that an exchange in flight can still pass from one of them to another. A failure
     * is logged.
     */
    void stop(List<RouteDefinition> routes) {
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

    /** A unit of work ends shortly after its response was sent. Camel would wait a second before it checks again. */
    private void awaitUnitsOfWork(Set<String> ids) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(UNIT_OF_WORK_MS);
        while (System.nanoTime() < deadline
                && ids.stream().anyMatch(id -> context.getInflightRepository().size(id) > 0)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }
}
