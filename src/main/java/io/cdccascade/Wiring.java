package io.cdccascade;

import com.zaxxer.hikari.HikariDataSource;
import io.cdccascade.cache.AppliedChanges;
import io.cdccascade.cache.CacheInvalidator;
import io.cdccascade.cache.CacheReader;
import io.cdccascade.cache.CacheSettings;
import io.cdccascade.cache.KnownPrimary;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.PostgresXidSource;
import io.cdccascade.cache.Rebuild;
import io.cdccascade.cache.RedisSettings;
import io.cdccascade.cache.WriteConnection;
import io.cdccascade.cache.XidSource;
import io.cdccascade.capture.CaptureComponent;
import io.cdccascade.capture.ConnectorConfig;
import io.cdccascade.capture.ConnectorHealth;
import io.cdccascade.capture.SamePrimary;
import io.cdccascade.component.CascadeComponent;
import io.cdccascade.component.Steps;
import io.cdccascade.doctor.DoctorCheck;
import io.cdccascade.http.BlockingSteps;
import io.cdccascade.http.Bulkheads;
import io.cdccascade.http.Edge;
import io.cdccascade.http.EventLoopEngine;
import io.cdccascade.http.HitFirst;
import io.cdccascade.http.OpenApiDocument;
import io.cdccascade.http.PostgresProblems;
import io.cdccascade.http.ReadRequests;
import io.cdccascade.http.RunningRoutes;
import io.cdccascade.http.WriteRequests;
import io.cdccascade.invalidation.CapturedLog;
import io.cdccascade.invalidation.ChangeConsumers;
import io.cdccascade.invalidation.ChangeGroup;
import io.cdccascade.invalidation.ChangeTopics;
import io.cdccascade.invalidation.ConsumerLag;
import io.cdccascade.invalidation.FreshnessHealth;
import io.cdccascade.invalidation.InvalidationFailures;
import io.cdccascade.invalidation.RetentionCheck;
import io.cdccascade.invalidation.TopicCreation;
import io.cdccascade.invalidation.Watermark;
import io.cdccascade.refresh.EntryLoader;
import io.cdccascade.refresh.WarmHealth;
import io.cdccascade.refresh.Warmer;
import io.cdccascade.reload.Gate;
import io.cdccascade.reload.LiveRoutes;
import io.cdccascade.table.CaptureContent;
import io.cdccascade.table.Catalog;
import io.cdccascade.table.Loader;
import io.cdccascade.table.TableCheck;
import io.cdccascade.table.TableFollower;
import io.cdccascade.table.TableRegistry;
import io.cdccascade.table.TablesHealth;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.EventLoop;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.impl.VertxInternal;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.spi.EventNotifier;
import org.apache.camel.spi.OnCamelContextStopping;
import org.apache.camel.support.DefaultHeaderFilterStrategy;
import org.apache.camel.support.LifecycleStrategySupport;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes everything that the routes use and binds it to Camel's registry: what an integrator edits is in {@code routes/}, what
 * he must not is here. Everything comes once and in this order; nothing here asks a server for anything yet.
 */
public final class Wiring implements CamelContextAware, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Wiring.class);
    private static final int KAFKA_TIMEOUT_MILLIS = 2_000;
    /** How long the end of a question in flight is waited for. */
    private static final int STOP_SECONDS = 5;
    /** How often it is looked whether rows are read from the captured server. */
    private static final long SAME_PRIMARY_MILLIS = 1_000;
    /** How long capture may take to start before it is taken to be on another server. */
    private static final long CAPTURE_START_MILLIS = 30_000;
    /** How long an instance that only answers from the cache may miss that PostgreSQL was restored. */
    private static final long HISTORY_MILLIS = 1_000;
    /** The beans of the route files that are made once: an edit waits for the next start. */
    private static final Set<String> FIXED = Set.of("dev", "wiring");

    private final Deque<AutoCloseable> closing = new ArrayDeque<>();
    private CamelContext context;
    private Settings settings;
    private MeterRegistry meters;

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.context = camelContext;
        this.settings = new Settings(camelContext);
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }

    /**
     * Makes and binds everything.
     *
     * @throws Exception if a setting makes no sense, the API's port is taken, or a table's file cannot be read
     */
    public void wire() throws Exception {
        int port = settings.number("cascade.api.port");
        Edge edge = new Edge(settings.text("cascade.api.host"), port);
        edge.requireFreePort();
        // Camel's own metrics would make another registry.
        meters = bind("metricsRegistry", new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
        Vertx vertx = vertx();
        EventLoop loop = ((VertxInternal) vertx).getEventLoopGroup().next();

        Servers servers = new Servers(settings);
        RedisSettings redis = servers.redis();
        CacheSettings cacheSettings = servers.cache();
        WriteConnection patient = closeAtEnd(new WriteConnection(redis));
        CacheInvalidator invalidator = bind("invalidations", new CacheInvalidator(patient, meters, cacheSettings));
        SamePrimary samePrimary = bind("samePrimary", samePrimary(invalidator, cacheSettings));
        HikariDataSource dataSource = closeAtEnd(bind("dataSource", servers.postgres(samePrimary)));
        AppliedChanges applied = new AppliedChanges(patient, cacheSettings);
        XidSource xids = new PostgresXidSource(dataSource);
        KnownPrimary primary = closeAtEnd(new KnownPrimary(xids, HISTORY_MILLIS));

        CaptureContent content =
                CaptureContent.parse(settings.text("cascade.capture.content"), settings.text("cascade.capture.mode"));
        Catalog catalog = new Catalog(dataSource, settings.text("cascade.capture.publication"), content);
        Admin kafka = servers.kafka(KAFKA_TIMEOUT_MILLIS);
        closeAtEnd((AutoCloseable) () -> kafka.close(Duration.ZERO));
        TopicCreation creation = new TopicCreation(
                kafka,
                settings.text("cascade.topic.prefix"),
                settings.number("cascade.topic.partitions"),
                settings.number("cascade.topic.replication"));
        TableFollower follower = new TableFollower(
                catalog, invalidator, creation::create, settings.number("cascade.tables.unchecked-ms"));
        follower.setCamelContext(context);
        bind("tableFollower", follower);
        TableRegistry tables = bind("tables", new TableRegistry(follower));
        bind("tablesHealth", new TablesHealth(follower));
        ChangeTopics topics = new ChangeTopics(settings.text("cascade.topic.prefix"), tables, invalidator, applied);
        InvalidationFailures failures = new InvalidationFailures();
        Watermark watermark = watermark(dataSource, kafka, topics, failures);

        Rebuild rebuild = closeAtEnd(new Rebuild(invalidator, xids));
        CircuitBreaker breaker = bind("redisBreaker", servers.redisBreaker(meters));
        CacheReader reader = closeAtEnd(bind(
                "cache",
                new CacheReader(
                        loop,
                        redis,
                        breaker,
                        () -> barred(watermark, samePrimary),
                        watermark::freshness,
                        rebuild,
                        primary,
                        meters,
                        cacheSettings)));

        int maxLimit = settings.number("cascade.api.max-limit");
        Bulkheads bulkheads = closeAtEnd(bulkheads(loop));
        ReadRequests reads = new ReadRequests(tables, maxLimit, settings.duration("cascade.cache.max-staleness"));
        RunningRoutes routes = notify(new RunningRoutes());
        Loader loader = new Loader(dataSource);
        EntryLoader entries = new EntryLoader(reader, loader, bulkheads, maxLimit, redis.readTimeoutMillis());
        warm(tables, loader, entries, invalidator);
        Steps steps = new Steps()
                .http(
                        tables,
                        reads,
                        new WriteRequests(tables),
                        routes,
                        reader,
                        redis.readTimeoutMillis(),
                        loader,
                        new PostgresProblems(dataSource, settings.flag("cascade.api.show-raised")),
                        new OpenApiDocument(tables, maxLimit),
                        watermark,
                        loop,
                        bulkheads)
                .invalidation(
                        topics,
                        tables,
                        invalidator,
                        primary,
                        applied,
                        failures,
                        entries,
                        settings.number("cascade.refresh.patience-ms"))
                .capture(tables, reader, meters);
        bind("cascade", new CascadeComponent(steps.byName()));
        context.getCamelContextExtension().addInterceptStrategy(new BlockingSteps(loop, bulkheads));
        bind("edgeHeaders", edgeHeaders());
        bind("platform-http-engine", new EventLoopEngine(port, loop, new HitFirst(reads, reader, routes)));
        notify(edge);

        bind("consumerLag", new ConsumerLag(kafka, settings.text("cascade.invalidate.group"), meters));
        capture(content);
        bind("changeConsumers", new ChangeConsumers(topics, instance(port)));
        reload(port);
        doctor(servers, kafka, content);
        keepChecking(samePrimary, dataSource);
    }

    private Vertx vertx() {
        // One event loop serves the port. Without files of its own, a process that is killed leaves none behind.
        Vertx vertx = bind(
                "vertx",
                Vertx.vertx(new VertxOptions()
                        .setEventLoopPoolSize(1)
                        .setFileSystemOptions(new FileSystemOptions()
                                .setClassPathResolvingEnabled(false)
                                .setFileCachingEnabled(false))));
        closeAtEnd((AutoCloseable)
                () -> vertx.close().toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS));
        return vertx;
    }

    private SamePrimary samePrimary(CacheInvalidator invalidator, CacheSettings cache) {
        return new SamePrimary(
                settings.text("cascade.capture.slot"),
                CAPTURE_START_MILLIS,
                cache.leaseMillis(),
                () -> context.getRegistry()
                        .lookupByNameAndType("tables", TableRegistry.class)
                        .served()
                        .forEach(table -> table.names().forEach(invalidator::forget)));
    }

    private void keepChecking(SamePrimary primary, HikariDataSource pool) {
        ScheduledExecutorService timer =
                Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "cascade-same-primary"));
        closeFirst(() -> {
            timer.shutdownNow();
            timer.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
        });
        timer.scheduleWithFixedDelay(
                () -> {
                    try {
                        primary.check(pool, () -> pool.getHikariPoolMXBean().softEvictConnections());
                    } catch (RuntimeException e) {
                        LOG.warn("It could not be checked whether rows are read from the captured server", e);
                    }
                },
                SAME_PRIMARY_MILLIS,
                SAME_PRIMARY_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    private void warm(TableRegistry tables, Loader loader, EntryLoader entries, CacheInvalidator invalidator)
            throws Exception {
        Warmer warmer = new Warmer(
                tables, loader, entries, invalidator::epoch, settings.number("cascade.warm.rows-per-second"));
        closeFirst(warmer);
        bind("warmHealth", new WarmHealth(warmer));
        context.addStartupListener((started, already) -> warmer.start());
    }

    private Bulkheads bulkheads(EventLoop loop) {
        int pool = settings.number("cascade.postgres.pool");
        Map<Bulkheads.Kind, Integer> threads = new EnumMap<>(Bulkheads.Kind.class);
        int lists = settings.number("cascade.limits.lists", Math.max(1, pool / 5));
        int writes = settings.number("cascade.limits.writes", Math.max(1, 3 * pool / 10));
        threads.put(Bulkheads.Kind.LISTS, lists);
        threads.put(Bulkheads.Kind.WRITES, writes);
        threads.put(Bulkheads.Kind.LOADS, settings.number("cascade.limits.loads", Math.max(1, pool - lists - writes)));
        threads.put(Bulkheads.Kind.OTHERS, settings.number("cascade.limits.others"));
        return new Bulkheads(
                threads,
                settings.number("cascade.limits.queue"),
                settings.number("cascade.postgres.patience-ms"),
                loop,
                meters);
    }

    /**
     * What crosses the edge: no Camel header either way, and Cache-Control, which Camel would hold back. Query parameters
     * become headers, and must not stand in for the parameters of the path. What another server said of its own connection
     * must not be said of ours.
     */
    private static DefaultHeaderFilterStrategy edgeHeaders() {
        DefaultHeaderFilterStrategy headers = new DefaultHeaderFilterStrategy();
        headers.setLowerCase(true);
        headers.setCaseInsensitive(true);
        headers.setInFilter(new HashSet<>(Set.of("table", "key")));
        headers.setInFilterStartsWith("camel");
        headers.setOutFilter(new HashSet<>(
                Set.of("content-length", "transfer-encoding", "connection", "keep-alive", "host", "date", "server")));
        headers.setOutFilterStartsWith("camel");
        return headers;
    }

    /** Why nothing may be answered from the cache at the moment, or null. */
    private static Lookup.Reason barred(Watermark watermark, SamePrimary primary) {
        if (!watermark.isKnown()) {
            return Lookup.Reason.STARTING;
        }
        return primary.agrees() ? null : Lookup.Reason.UNTRUSTED;
    }

    private Watermark watermark(DataSource dataSource, Admin kafka, ChangeTopics topics, InvalidationFailures failures)
            throws Exception {
        ChangeGroup group = new ChangeGroup(
                kafka,
                settings.text("cascade.invalidate.group"),
                topics,
                new RetentionCheck(Duration.ofMillis(settings.number("cascade.invalidate.outage-ms"))));
        Watermark watermark = bind(
                "watermark",
                new Watermark(
                        new CapturedLog(dataSource, settings.text("cascade.capture.slot")), group, failures, meters));
        closeFirst(watermark);
        bind("freshness", new FreshnessHealth(watermark, settings.number("cascade.health.max-lag-ms")));
        context.addStartupListener((started, already) -> watermark.start());
        return watermark;
    }

    /** What this instance is called in its consumer group. */
    private String instance(int port) {
        String given = settings.text("cascade.invalidate.instance");
        if (!given.isEmpty()) {
            return given;
        }
        try {
            return InetAddress.getLocalHost().getHostName() + "-" + port;
        } catch (UnknownHostException e) {
            throw new IllegalStateException("This machine has no name: set cascade.invalidate.instance", e);
        }
    }

    private void capture(CaptureContent content) throws Exception {
        CaptureComponent capture = new CaptureComponent();
        capture.setRestartDelay(settings.number("cascade.capture.restart-delay-ms"));
        capture.setRestartDelayMax(settings.number("cascade.capture.restart-delay-max-ms"));
        capture.setStallTimeout(settings.number("cascade.capture.stall-timeout-ms"));
        capture.setStopTimeout(settings.number("cascade.capture.stop-timeout-ms"));
        capture.setContent(content);
        bind("cascade-postgres", capture);
        bind("connector", new ConnectorHealth(settings.text("cascade.capture.mode")));
        ConnectorConfig config = new ConnectorConfig("file:routes/connector.json");
        CamelContextAware.trySetCamelContext(config, context);
        bind("connectorConfig", config);
    }

    private void doctor(Servers servers, Admin kafka, CaptureContent content) throws Exception {
        TableCheck files = new TableCheck(context, settings.text("cascade.capture.publication"), content);
        DoctorCheck check = bind(
                "doctor",
                new DoctorCheck(servers.doctor(() -> kafka, files), settings.number("cascade.doctor.every-ms")));
        closeFirst(check);
        context.addStartupListener((started, already) -> check.start());
    }

    /** Edits of the route files take effect while the system runs, see docs/live-editing.md. Last: tables need the rest. */
    private void reload(int port) throws Exception {
        Gate gate = notify(new Gate(port));
        LiveRoutes live = new LiveRoutes(
                settings.text("camel.main.routes-include-pattern"),
                settings.text("camel.main.routes-exclude-pattern", "none"),
                settings.text("cascade.tables.files"),
                settings.flag("cascade.live"),
                settings.number("cascade.live.scan-ms"),
                settings.number("cascade.live.drain-ms"),
                String.join(",", FIXED),
                gate);
        live.setCamelContext(context);
        live.attach();
    }

    private <T> T bind(String name, T bean) {
        context.getRegistry().bind(name, bean);
        return bean;
    }

    private <T extends EventNotifier> T notify(T notifier) {
        context.getManagementStrategy().addEventNotifier(notifier);
        return notifier;
    }

    private <T extends AutoCloseable> T closeAtEnd(T resource) {
        closing.push(resource);
        return resource;
    }

    /** What asks servers of its own accord has to end before Camel ends the embedded ones. */
    private void closeFirst(AutoCloseable poller) {
        closeAtEnd(poller);
        context.addLifecycleStrategy(
                LifecycleStrategySupport.adapt((OnCamelContextStopping) stopping -> close(poller)));
    }

    /** Closes what was made, the last first. */
    @Override
    public void close() {
        while (!closing.isEmpty()) {
            close(closing.pop());
        }
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            LOG.warn("Not closed in good order", e);
        }
    }
}
