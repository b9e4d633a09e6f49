package io.cdccascade.bench;

import io.cdccascade.cache.CacheReader;
import io.cdccascade.cache.Fence;
import io.cdccascade.invalidation.EarlyFences;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.table.TableRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.builder.AdviceWith;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * How soon after a commit the cached row is gone, with early fences and without, over spaced updates; and beside it a bare
 * produce and consume, which the way through Kafka cannot beat.
 */
final class LatencyBench {

    private static final int KEYS = 100;
    private static final int SETTLE_SECONDS = 5;

    private final Bench bench;
    private final int updates;
    private volatile boolean on;

    LatencyBench(Bench bench) {
        this.bench = bench;
        updates = bench.option("updates", 1_000);
    }

    void run() throws Exception {
        bench.say("%d spaced updates, from the commit's return to Redis's first confirmation of the fence.", updates);
        bench.say("%-22s %8s %8s %8s", "", "p50 ms", "p99 ms", "max ms");
        try (CascadeSystem system = bench.start(Map.of());
                Connection sql = system.servers().postgres().connect()) {
            PipelineBench.awaitCapture(sql);
            Applied applied = watch(system.context());
            PipelineBench.awaitCapture(sql);
            try (Statement statement = sql.createStatement()) {
                statement.execute("INSERT INTO sinners (code, name, class) SELECT code, 'Sinner', 'S' FROM "
                        + "generate_series(%d, %d) code".formatted(PipelineBench.FIRST, PipelineBench.FIRST + KEYS));
            }
            applied.await(PipelineBench.mark(sql));
            // The compilers settle on what a day of production would have them settle on.
            updates(system, sql, applied, updates / 2, new double[2][updates]);
            double[][] millis = new double[2][updates];
            updates(system, sql, applied, updates, millis);
            say("with early fences", Figures.of(millis[0]));
            say("without", Figures.of(millis[1]));
            say("produce and consume", roundTrips(system));
            TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
            bench.say("idle: %.1f %% of a core", PipelineBench.idle());
        }
    }

    private void say(String name, Figures millis) {
        bench.say("%-22s %8.1f %8.1f %8.1f", name, millis.median(), millis.percentile(99), millis.percentile(100));
    }

    /** In the place of the shipped early step, which tells nobody when Redis has confirmed, stands what that step calls. */
    private Applied watch(CamelContext context) throws Exception {
        Applied applied = new Applied();
        CacheReader cache = context.getRegistry().lookupByNameAndType("cache", CacheReader.class);
        TableRegistry tables = context.getRegistry().lookupByNameAndType("tables", TableRegistry.class);
        EarlyFences early = new EarlyFences(tables::known);
        AdviceWith.adviceWith(
                context,
                "invalidate-entries",
                route -> route.weaveById("fence-entries").after().process(applied));
        AdviceWith.adviceWith(
                context,
                "capture",
                route -> route.weaveById("fence-early").replace().process(exchange -> {
                    if (on) {
                        early.of(records(exchange))
                                .ifPresent(fences -> fences.forEach(fence -> fence(cache, fence, applied)));
                    }
                }));
        return applied;
    }

    @SuppressWarnings("unchecked")
    private static Iterable<Message> records(Exchange exchange) {
        return (Iterable<Message>) exchange.getMessage().getBody();
    }

    private static void fence(CacheReader cache, Fence fence, Applied applied) {
        cache.fence(fence).thenAccept(confirmed -> {
            if (confirmed) {
                applied.applied(fence.change().xid());
            }
        });
    }

    /** Cached rows one by one, at times that are in step with no poll; in turns with early fences and without. */
    private void updates(CascadeSystem system, Connection sql, Applied applied, int count, double[][] millis)
            throws Exception {
        try (PreparedStatement update = sql.prepareStatement(
                "UPDATE sinners SET tendency = ? WHERE code = ? RETURNING pg_current_xact_id()::text")) {
            for (int i = 0; i < 2 * count; i++) {
                on = i % 2 == 0;
                int code = PipelineBench.FIRST + i % KEYS;
                system.get("/sinners/read/" + code);
                TimeUnit.MICROSECONDS.sleep(ThreadLocalRandom.current().nextInt(10_000, 40_000));
                update.setString(1, "v" + i);
                update.setInt(2, code);
                long xid = PipelineBench.xid(update);
                long committed = System.nanoTime();
                millis[i % 2][i / 2] = (applied.await(xid) - committed) / 1e6;
            }
        }
    }

    /** A record at a time, as large as a change event, acknowledged by Kafka and polled by a consumer that does nothing else. */
    private Figures roundTrips(CascadeSystem system) throws Exception {
        Map<String, Object> kafka =
                Map.of("bootstrap.servers", system.servers().kafka().bootstrapServers(), "linger.ms", 0);
        TopicPartition partition = new TopicPartition("bench.round-trips", 0);
        double[] millis = new double[updates];
        try (KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(kafka, new ByteArraySerializer(), new ByteArraySerializer());
                KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                        Map.of("bootstrap.servers", kafka.get("bootstrap.servers")),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer())) {
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(partition.topic(), new byte[1_000]);
            producer.send(record).get();
            consumer.assign(List.of(partition));
            consumer.seekToEnd(List.of(partition));
            consumer.position(partition);
            for (int i = -updates / 2; i < updates; i++) {
                long start = System.nanoTime();
                producer.send(record).get();
                while (consumer.poll(Duration.ofSeconds(1)).isEmpty()) {
                    // Not yet there.
                }
                if (i >= 0) {
                    millis[i] = (System.nanoTime() - start) / 1e6;
                }
            }
        }
        return Figures.of(millis);
    }
}
