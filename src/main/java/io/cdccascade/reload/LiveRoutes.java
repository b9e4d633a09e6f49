package io.cdccascade.reload;

import io.cdccascade.reload.Unit.Kind;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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
 * Lets edits of route files take effect while the system runs: changed, added and deleted files, all those of one look
 * as one change.
 *
 * <p>Camel loads the route files at the start, and everything there has to be right. The tables' files are loaded here,
 * and one that is not right keeps nothing else from starting.
 *
 * <p>Camel's own reload is not used, because it takes routes away before it knows whether the new ones start. To
 * Camel's tools this is a reload strategy like any other.
 */
public final class LiveRoutes extends ResourceReloadStrategySupport implements StartupListener {

    private static final Logger LOG = LoggerFactory.getLogger(LiveRoutes.class);
    /** New requests wait while a change waits for those inside: that must stay the exception. */
    private static final int PAUSES_PER_DRAIN = 5;

    private final String routes;
    private final String without;
    private final String tables;
    private final boolean live;
    private final long scanMs;
    private final long drainMs;
    private final Set<String> fixed;
    private final Gate gate;
    private final RejectedEdits rejected = new RejectedEdits("live-routes");

    private RouteFiles routeFiles;
    private RouteFiles files;
    private ChangedSettings settings;
    private RunningModel running;
    private ScheduledExecutorService scanner;

    /** The files whose content runs. */
    private Map<String, SourceFile> good = new LinkedHashMap<>();
    /** The texts that were last made to run, or rejected. */
    private Map<String, String> tried = Map.of();
    /** When a change that found the requests busy is tried again, by the clock of {@link System#nanoTime()}. */
    private long retryAt = System.nanoTime();

    private boolean toldBusy;

    /**
     * @param routes  the files that Camel loads at the start, as in {@code camel.main.routes-include-pattern}
     * @param without those of them that it does not load, as in {@code camel.main.routes-exclude-pattern}
     * @param tables  the files that are loaded here
     * @param live    whether edits take effect while the system runs
     * @param scanMs  how often the files are looked at, in milliseconds
     * @param drainMs how long a change waits for the HTTP requests that run, in milliseconds, before it tries again
     * @param fixed   the beans that are made once and take effect at the next start only: {@code name,name}
     * @param gate    where HTTP requests wait meanwhile
     */
    public LiveRoutes(
            String routes,
            String without,
            String tables,
            boolean live,
            long scanMs,
            long drainMs,
            String fixed,
            Gate gate) {
        this.routes = routes;
        this.without = without;
        this.tables = tables;
        this.live = live;
        this.scanMs = scanMs;
        this.drainMs = drainMs;
        this.fixed = Set.of(fixed.split(","));
        this.gate = gate;
    }

    /** Joins the Camel context, before Camel loads the routes: what is edited from now on is not missed. */
    public void attach() throws Exception {
        CamelContext context = getCamelContext();
        settings = new ChangedSettings(context.getPropertiesComponent().getLocations());
        files = new RouteFiles(context, without, routes, tables);
        tried = new RouteFiles(context, without, routes).read();
        running = new RunningModel(context, gate, drainMs, fixed);
        HealthCheckRegistry health = HealthCheckRegistry.get(context);
        if (health != null) {
            health.register(rejected);
        }
        context.addService(this);
        context.addStartupListener(this);
    }

    /** Camel has loaded the routes and starts none yet: the tables are there before the first route asks for them. */
    @Override
    public synchronized void onCamelContextStarting(CamelContext context, boolean alreadyStarted) throws Exception {
        gate.closeToRequests();
        for (Map.Entry<String, String> file : tried.entrySet()) {
            good.put(file.getKey(), SourceFile.parse(file.getKey(), file.getValue()));
        }
        running.learn(good.values());
        act(files.read(), file -> good.containsKey(file.location()) ? file : file.only(Kind.BEAN));
    }

    @Override
    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
        // Camel says so again whenever a route is started.
    }

    @Override
    public synchronized void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) throws Exception {
        try {
            act(files.read(), UnaryOperator.identity());
        } finally {
            gate.open();
        }
        RouteWatcherReloadStrategy other = context.hasService(RouteWatcherReloadStrategy.class);
        if (other != null && other.getClass() == RouteWatcherReloadStrategy.class) {
            LOG.warn("Camel's own reload is on (camel.main.routes-reload-enabled, or --dev): it takes the routes away "
                    + "before it loads them again. Edits are left to it.");
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

    /** Looks at the files now, and takes them as they are. */
    @Override
    public synchronized void onReload(Object source) {
        try {
            act(files.read(), UnaryOperator.identity());
        } catch (IOException e) {
            setLastError(e);
            incFailedCounter();
        }
    }

    private synchronized void scan() {
        try {
            settings.look();
            files.settled()
                    .filter(texts -> !texts.equals(tried) && System.nanoTime() - retryAt >= 0)
                    .ifPresent(texts -> act(texts, UnaryOperator.identity()));
        } catch (RuntimeException e) {
            LOG.error("The edits could not be looked at", e);
        }
    }

    /** @param filter what of a file is wanted yet */
    private void act(Map<String, String> texts, UnaryOperator<SourceFile> filter) {
        Map<String, String> reasons = new LinkedHashMap<>();
        Map<String, SourceFile> edits = edits(texts, filter, reasons);
        try {
            String done = makeRun(edits, reasons);
            if (!done.isEmpty()) {
                LOG.info("Route files: {} ({})", done, names(edits.keySet()));
                incSucceededCounter();
            }
            for (int news = rejected.become(reasons); news > 0; news--) {
                incFailedCounter();
            }
            if (reasons.isEmpty()) {
                // Else camel ps would show an error that was mended.
                setLastError(null);
            }
            tried = texts;
            toldBusy = false;
        } catch (BusyException e) {
            if (!toldBusy) {
                LOG.warn("The edit of {} waits: {}", names(edits.keySet()), e.getMessage());
            }
            toldBusy = true;
            retryAt = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PAUSES_PER_DRAIN * drainMs);
        }
    }

    /** The files that differ from what runs; null for those that were deleted. */
    private Map<String, SourceFile> edits(
            Map<String, String> texts, UnaryOperator<SourceFile> filter, Map<String, String> reasons) {
        Map<String, SourceFile> edits = new LinkedHashMap<>();
        texts.forEach((location, text) -> {
            SourceFile known = good.get(location);
            if (known == null || !known.text().equals(text)) {
                try {
                    edits.put(location, filter.apply(SourceFile.parse(location, text)));
                } catch (RejectedEditException e) {
                    reject(location, e, reasons);
                }
            }
        });
        good.keySet().stream()
                .filter(location -> !texts.containsKey(location))
                .forEach(location -> edits.put(location, null));
        return edits;
    }

    /** Makes as much of the edits run as can: those that cannot are taken out, one after the other. */
    private String makeRun(Map<String, SourceFile> edits, Map<String, String> reasons) throws BusyException {
        while (true) {
            Map<String, SourceFile> target = new LinkedHashMap<>(good);
            target.putAll(edits);
            target.values().removeIf(file -> file == null);
            try {
                String done = running.become(target.values());
                good = target;
                return done;
            } catch (RejectedEditException e) {
                if (edits.isEmpty()) {
                    // What ran could not be started again; the next edit tries once more.
                    reject(e.locations().iterator().next(), e, reasons);
                    return "";
                }
                Set<String> blamed = new LinkedHashSet<>(e.locations());
                blamed.retainAll(edits.keySet());
                if (blamed.isEmpty()) {
                    blamed.addAll(edits.keySet());
                }
                blamed.forEach(location -> {
                    edits.remove(location);
                    reject(location, e, reasons);
                });
            }
        }
    }

    private void reject(String location, RejectedEditException e, Map<String, String> reasons) {
        String culprit = e.locations().contains(location)
                ? location
                : e.locations().iterator().next();
        String reason = name(culprit) + ":" + e.line() + ": " + e.getMessage();
        reasons.put(
                location, culprit.equals(location) ? reason : "after the edit of " + name(location) + ", " + reason);
        LOG.debug("Rejected {}", location, e);
        setLastError(e);
    }

    private static String names(Collection<String> locations) {
        return locations.stream().map(LiveRoutes::name).collect(Collectors.joining(", "));
    }

    private static String name(String location) {
        return location.substring("file:".length());
    }
}
