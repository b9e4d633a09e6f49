package io.cdccascade.capture;

import io.cdccascade.table.CaptureContent;
import io.cdccascade.table.TableName;
import io.debezium.DebeziumException;
import io.debezium.embedded.EmbeddedEngineChangeEvent;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.format.JsonByteArray;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.RollbackExchangeException;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.util.ObjectHelper;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs Debezium's embedded engine and hands the route one exchange per batch, whose body is a {@link CapturedRecords}.
 *
 * <p>The records of a batch are marked as processed only when the exchange has come back without an exception and
 * without a rollback. On a failure nothing is marked and the engine ends; it is started again after a pause that
 * doubles up to a limit, for as long as the route runs, and reads the same records again. Delivery is therefore at
 * least once, in the order of the log. What Kafka refuses is the exception: a change that is too large is published without
 * the row, see {@link RefusedRecord}, and one whose topic cannot exist as a TRUNCATE, see {@link RefusedTopics}.
 *
 * <p>Stopping interrupts the engine: a batch in flight fails, is not marked, and is read again after the next start.
 */
final class CaptureConsumer extends DefaultConsumer {

    private static final Logger LOG = LoggerFactory.getLogger(CaptureConsumer.class);

    private final CaptureEndpoint endpoint;
    private final boolean heartbeats;
    private CaptureHealth health;
    private CaptureMetrics metrics;
    private RefusedTopics refused;
    private ExecutorService supervisor;
    private volatile boolean stopping;

    CaptureConsumer(CaptureEndpoint endpoint, Processor processor) {
        super(endpoint, processor);
        this.endpoint = endpoint;
        this.heartbeats = endpoint.configuration().getHeartbeatIntervalMs() > 0;
    }

    @Override
    protected void doInit() throws Exception {
        super.doInit();
        health = new CaptureHealth(
                "capture:" + endpoint.configuration().getName(),
                heartbeats ? endpoint.component().getStallTimeout() : 0);
        health.setCamelContext(endpoint.getCamelContext());
        setHealthCheck(health);
        var registry = endpoint.getCamelContext().getRegistry().findSingleByType(MeterRegistry.class);
        metrics = new CaptureMetrics(registry != null ? registry : new CompositeMeterRegistry());
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        stopping = false;
        health.down("starting");
        supervisor = endpoint.getCamelContext().getExecutorServiceManager().newSingleThreadExecutor(this, "Capture");
        supervisor.execute(this::supervise);
    }

    @Override
    protected void doStop() throws Exception {
        stopping = true;
        if (supervisor == null) {
            // Never started: the application's start has failed.
            return;
        }
        // The interrupt is the one way to end the engine that is safe in each of its states: close() refuses to end
        // one that is starting and leaks the offset store of one that is initializing.
        endpoint.getCamelContext().getExecutorServiceManager().shutdownNow(supervisor);
        if (!supervisor.awaitTermination(endpoint.component().getStopTimeout(), TimeUnit.MILLISECONDS)) {
            LOG.warn(
                    "The capture engine did not end within {} ms, the stop goes on without it",
                    endpoint.component().getStopTimeout());
            supervisor.shutdownNow();
        }
        health.down("stopped");
        super.doStop();
    }

    @Override
    protected void doShutdown() throws Exception {
        metrics.close();
        super.doShutdown();
    }

    private void supervise() {
        long delay = endpoint.component().getRestartDelay();
        while (!stopping) {
            String failure = runEngine();
            if (stopping) {
                break;
            }
            if (health.isUp()) {
                delay = endpoint.component().getRestartDelay();
            }
            health.down(failure);
            LOG.warn("Capture failed, starting again in {} ms: {}", delay, failure);
            try {
                TimeUnit.MILLISECONDS.sleep(delay);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
            delay = Math.min(2 * delay, endpoint.component().getRestartDelayMax());
            metrics.restarted();
        }
    }

    /** Runs one engine to its end and returns why it ended. */
    private String runEngine() {
        var failure = new AtomicReference<>("the engine ended");
        try {
            Properties settings = settings();
            refused = new RefusedTopics(
                    settings.getProperty(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG),
                    endpoint.configuration().getTopicPrefix());
            health.refused(Set.of());
            DebeziumEngine.create(JsonByteArray.class, JsonByteArray.class)
                    .using(settings)
                    .using(new StopBeforePolling())
                    .using((success, message, error) -> failure.set(reason(message, error)))
                    .notifying(this::deliver)
                    .build()
                    .run();
        } catch (Throwable e) {
            // Errors too: a supervisor that died would leave readiness up.
            LOG.debug("The capture engine could not be made or run", e);
            failure.set(reason(e.getMessage(), e));
        }
        return failure.get();
    }

    private Properties settings() throws SQLException {
        Properties settings =
                endpoint.configuration().createDebeziumConfiguration().asProperties();
        // Debezium's own retries would not be seen from outside: every failure has to end the engine.
        settings.setProperty("errors.max.retries", "0");
        settings.setProperty("slot.max.retries", "0");
        settings.setProperty("retriable.restart.connector.wait.ms", "1");
        // The driver would confirm positions that no stored offset covers, and SlotOffsets would see a gap.
        settings.setProperty("lsn.flush.mode", "connector");
        if (!settings.containsKey("table.include.list")) {
            PublishedTables published = PublishedTables.read(settings);
            settings.setProperty("snapshot.include.collection.list", published.expressions());
            settings.setProperty("snapshot.query.mode", "custom");
            settings.setProperty("snapshot.query.mode.custom.name", SnapshotRows.NAME);
            boolean rows = endpoint.component().getContent() == CaptureContent.ROWS;
            settings.setProperty(SnapshotRows.ROWLESS, rows ? published.rowless() : SnapshotRows.NONE);
        }
        // Camel sets them. Kafka Connect dropped them in version 3.0 and warns of them at every start.
        settings.remove("internal.key.converter");
        settings.remove("internal.value.converter");
        return settings;
    }

    private void deliver(
            List<ChangeEvent<byte[], byte[]>> events, RecordCommitter<ChangeEvent<byte[], byte[]>> committer)
            throws InterruptedException {
        if (events.isEmpty()) {
            // A transformation has dropped every record of the batch.
            return;
        }
        send(events);
        for (ChangeEvent<byte[], byte[]> event : events) {
            committer.markProcessed(event);
        }
        health.delivered();
        var last = (EmbeddedEngineChangeEvent<?, ?, ?>) events.get(events.size() - 1);
        metrics.delivered(events.size(), last.sourceRecord());
        committer.markBatchFinished();
    }

    /** Sends all, in order. What Kafka will never accept for its size is found by halving, and made smaller. */
    private void send(List<ChangeEvent<byte[], byte[]>> batch) {
        List<ChangeEvent<byte[], byte[]>> events = refused.sendable(batch);
        Exception failure = events.isEmpty() ? null : route(events);
        if (failure == null) {
            return;
        }
        if (refused.isCauseOf(failure, events)) {
            health.refused(refused.names());
            send(events);
            return;
        }
        if (!tooLarge(failure)) {
            throw undelivered(events, failure);
        }
        if (events.size() > 1) {
            send(events.subList(0, events.size() / 2));
            send(events.subList(events.size() / 2, events.size()));
        } else {
            sendSmaller(events, failure);
        }
    }

    private void sendSmaller(List<ChangeEvent<byte[], byte[]>> single, Exception tooLarge) {
        RefusedRecord oversize = RefusedRecord.of(single.get(0));
        Exception failure = oversize.table().isPresent() ? tooLarge : null;
        for (ChangeEvent<byte[], byte[]> substitute : oversize.smaller()) {
            failure = route(List.of(substitute));
            if (failure == null || !tooLarge(failure)) {
                break;
            }
        }
        if (failure != null) {
            throw undelivered(single, failure);
        }
        String what = oversize.table().map(TableName::toString).orElse("no table");
        metrics.oversize();
        if (health.oversize(what)) {
            LOG.warn(
                    "A record of {} is larger than Kafka accepts: it is published without its content, or left out if it"
                            + " concerns no table. Further ones are only counted, in health. {}",
                    what,
                    reason("Kafka refused it", tooLarge));
        }
    }

    private static boolean tooLarge(Exception failure) {
        return ObjectHelper.getException(RecordTooLargeException.class, failure) != null
                || ObjectHelper.getException(RecordBatchTooLargeException.class, failure) != null;
    }

    /** Always wrapped: after some exceptions the engine would go on with the next batch. */
    private static DebeziumException undelivered(List<?> events, Exception failure) {
        return new DebeziumException("A batch of " + events.size() + " records was not delivered", failure);
    }

    /** Runs the route and returns why it failed, or null. */
    private Exception route(List<ChangeEvent<byte[], byte[]>> events) {
        Exchange exchange = createExchange(false);
        try {
            exchange.getIn().setBody(new CapturedRecords(exchange.getContext(), events));
            getProcessor().process(exchange);
            return exchange.getException() == null && exchange.isRollbackOnly()
                    ? new RollbackExchangeException(exchange)
                    : exchange.getException();
        } catch (Exception e) {
            return e;
        } finally {
            releaseExchange(exchange, false);
        }
    }

    private static String reason(String message, Throwable error) {
        if (error == null) {
            return message;
        }
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(message).contains(String.valueOf(root.getMessage())) ? message : message + ": " + root;
    }

    /** Ends an engine whose interrupt was swallowed while it started. */
    private final class StopBeforePolling implements DebeziumEngine.ConnectorCallback {
        @Override
        public void pollingStarted() {
            if (stopping) {
                throw new DebeziumException("The route is stopping");
            }
            if (!heartbeats) {
                health.delivered();
            }
        }
    }
}
