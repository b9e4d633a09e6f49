package io.cdccascade.reload;

import io.cdccascade.reload.Unit.Kind;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.StartupListener;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.support.ResourceReloadStrategySupport;
import org.apache.camel.support.RouteWatcherReloadStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scans the route files while the system runs and applies their edits. All files that were changed, added or deleted
 * between two scans are one edit.
 *
 * <p>Camel loads the route files at the start, and an error in one of them fails the start. The table files are loaded
 * here, and an error in one of them does not keep anything else from starting.
 *
 * <p>To Camel's tools this is a reload strategy like any other. Camel's own is not used, because it removes routes
 * before it knows whether their replacements start.
 */
public final class LiveRoutes extends ResourceReloadStrategySupport implements StartupListener {

    private static final Logger LOG = LoggerFactory.getLogger(LiveRoutes.class);
    /** New requests wait while an edit drains the running ones, so it drains at most one sixth of the time. */
    private static final int PAUSES_PER_DRAIN = 5;

    private final String routes;
    private final String without;
    private final String tables;
    private final boolean live;
    private final long scanMs;
    private final long drainMs;
    private final Set<String> fixedBeans;
    private final Gate gate;
    private final RejectedEdits rejectedEdits = new RejectedEdits("live-routes");

    private RouteFiles files;
    private ChangedSettings settings;
    private RunningFiles running;
    private ScheduledExecutorService scanner;

    /** The texts that were last applied or rejected, by location. */
    private Map<String, String> handled = Map.of();
    /** When a postponed edit is tried again, as of {@link System#nanoTime()}. */
    private long retryAt = System.nanoTime();

    private boolean postponed;

    /**
     * @param routes     the files that Camel loads at the start, as in {@code camel.main.routes-include-pattern}
     * @param without    the files among them that Camel skips, as in {@code camel.main.routes-exclude-pattern}
     * @param tables     the files that are loaded here
     * @param live       whether edits take effect while the system runs
     * @param scanMs     the time between two scans, in milliseconds
     * @param drainMs    how long an edit waits for running HTTP requests before it is postponed, in milliseconds
     * @param fixedBeans the beans that are made once, so that an edit takes effect at the next start: {@code name,name}
     * @param gate       holds back HTTP requests during an edit
     */
    public LiveRoutes(
            String routes,
            String without,
            String tables,
            boolean live,
            long scanMs,
            long drainMs,
            String fixedBeans,
            Gate gate) {
        this.routes = routes;
        this.without = without;
        this.tables = tables;
        this.live = live;
        this.scanMs = scanMs;
        this.drainMs = drainMs;
        this.fixedBeans = Set.of(fixedBeans.split(","));
        this.gate = gate;
    }

    /** Joins the Camel context. Call it before Camel loads the routes, so that no later edit is missed. */
    public void attach() throws Exception {
        CamelContext context = getCamelContext();
        settings = new ChangedSettings(context.getPropertiesComponent().getLocations());
        files = new RouteFiles(context, without, routes, tables);
        handled = new RouteFiles(context, without, routes).read();
        running = new RunningFiles(new EditApplier(context, gate, drainMs, fixedBeans));
        HealthCheckRegistry health = HealthCheckRegistry.get(context);
        if (health != null) {
            health.register(rejectedEdits);
        }
        context.addService(this);
        context.addStartupListener(this);
    }

    /** Makes the tables' beans: Camel has loaded the routes and has not started any, and their start needs the tables. */
    @Override
    public synchronized void onCamelContextStarting(CamelContext context, boolean alreadyStarted) throws Exception {
        gate.closeToRequests();
        running.adopt(handled);
        apply(files.read(), file -> running.contains(file.location()) ? file : file.only(Kind.BEAN));
    }

    @Override
    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
        // Camel calls this whenever a route is started.
    }

    /** Adds what else the table files declare, and starts to scan. */
    @Override
    public synchronized void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) throws Exception {
        try {
            apply(files.read(), UnaryOperator.identity());
        } finally {
            gate.open();
        }
        RouteWatcherReloadStrategy other = context.hasService(RouteWatcherReloadStrategy.class);
        if (other != null && other.getClass() == RouteWatcherReloadStrategy.class) {
            LOG.warn("Camel's own reload is on (camel.main.routes-reload-enabled, or --dev), so it handles all edits. "
                    + "It removes routes before it loads them again: requests can fail meanwhile.");
        } else if (live) {
            scanner = context.getExecutorServiceManager().newSingleThreadScheduledExecutor(this, "LiveRoutes");
            scanner.scheduleWithFixedDelay(this::scan, scanMs, scanMs, TimeUnit.MILLISECONDS);
        }
    }

    @Override
    protected void doStop() {
        if (scanner != null) {
            getCamelContext().getExecutorServiceManager().shutdownNow(scanner);
        }
    }

    /** Applies the files as they are now, on demand of a tool. */
    @Override
    public synchronized void onReload(Object source) {
        try {
            apply(files.read(), UnaryOperator.identity());
        } catch (IOException e) {
            setLastError(e);
            incFailedCounter();
        }
    }

    private synchronized void scan() {
        try {
            settings.logChanges();
            files.readSettled()
                    .filter(texts -> !texts.equals(handled) && System.nanoTime() - retryAt >= 0)
                    .ifPresent(texts -> apply(texts, UnaryOperator.identity()));
        } catch (RuntimeException e) {
            LOG.error("Scanning the route files failed", e);
        }
    }

    private void apply(Map<String, String> texts, UnaryOperator<SourceFile> part) {
        Rejections rejections = new Rejections();
        Map<String, SourceFile> edits = running.edits(texts, part, rejections);
        try {
            String summary = running.apply(edits, rejections);
            if (!summary.isEmpty()) {
                LOG.info("Route files: {} ({})", summary, paths(edits.keySet()));
                incSucceededCounter();
            }
            for (int added = rejectedEdits.update(rejections.reasons()); added > 0; added--) {
                incFailedCounter();
            }
            handled = texts;
            postponed = false;
        } catch (DrainTimeoutException e) {
            if (!postponed) {
                LOG.warn("The edit of {} is postponed: {}", paths(edits.keySet()), e.getMessage());
            }
            postponed = true;
            retryAt = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PAUSES_PER_DRAIN * drainMs);
        }
        if (rejections.last() != null || !postponed) {
            // Null clears an error that is fixed; camel ps would go on to show it.
            setLastError(rejections.last());
        }
    }

    private static String paths(Collection<String> locations) {
        return locations.stream().map(SourceFile::path).collect(Collectors.joining(", "));
    }
}
