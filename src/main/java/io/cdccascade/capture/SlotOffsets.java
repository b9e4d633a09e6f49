package io.cdccascade.capture;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.debezium.config.Configuration;
import io.debezium.connector.postgresql.PostgresConnectorConfig;
import io.debezium.connector.postgresql.connection.PostgresConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.OffsetBackingStore;
import org.apache.kafka.connect.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Debezium's offsets in a compacted Kafka topic, handed out only while the replication slot continues them.
 *
 * <p>An offset says how far the change events are on their topics; the slot says from where PostgreSQL can still
 * deliver. The slot is moved only after an offset has been stored, so a slot that stands <em>behind</em> the offset
 * continues it, and one that stands <em>ahead</em> has been moved or created again by somebody else: the changes
 * in between will never come. Debezium does not compare the two. When they do not fit, when the slot has lost its
 * log, when the offset belongs to another history of the database, or when a snapshot was broken off, this store
 * forgets the offset and drops the slot. Debezium then makes a new slot and, with {@code snapshot.mode=when_needed} or
 * {@code initial}, reads the tables under the snapshot that the new slot exports; only a new slot has one that ends
 * exactly where its stream begins.
 *
 * <p>A history is known by the system's identifier, the timeline, and a {@linkplain HistoryMarks mark} that is stored
 * with each offset, is made again at every start and then every {@value #MARK_MS} ms while offsets are stored. A copy of
 * the data directory lacks every mark that was made after it. One that has the last mark is noticed only while its log
 * ends below the offset.
 *
 * <p>A slot of that name of another database, or not for {@code pgoutput}, is somebody else's: nothing is
 * dropped and the start fails.
 *
 * <p>Used instead of {@code KafkaOffsetBackingStore} also because every call here ends within {@value #TIMEOUT_MS} ms
 * when Kafka is unreachable, and because {@link #stop()} leaves no thread behind. Reads {@code offset.storage.topic}
 * (required) and {@code offset.storage.replication.factor} (the broker's default unless set), every Kafka client
 * option, and the connector's own database options. Failures are {@link ConnectException}s.
 */
public final class SlotOffsets implements OffsetBackingStore {

    private static final Logger LOG = LoggerFactory.getLogger(SlotOffsets.class);

    private static final int TIMEOUT_MS = 10_000;
    private static final int MARK_MS = 10_000;
    private static final String SYSTEM_HEADER = "system";
    private static final String MARK_HEADER = "mark";
    private static final TypeReference<Map<String, Object>> OFFSET = new TypeReference<>() {};

    private final ObjectMapper json = new ObjectMapper();
    private final Map<ByteBuffer, ByteBuffer> offsets = new ConcurrentHashMap<>();
    private final Map<ByteBuffer, String> marks = new HashMap<>();
    private Map<String, String> config;
    private String topic;
    private PostgresConnectorConfig postgres;
    private String system;
    private String serverStart;
    private String mark;
    private long markedNanos;
    private Producer<byte[], byte[]> producer;

    @Override
    public void configure(WorkerConfig worker) {
        config = worker.originalsStrings();
        topic = config.get("offset.storage.topic");
        if (topic == null || topic.isBlank()) {
            throw new ConnectException("offset.storage.topic must name the topic that keeps the offsets");
        }
    }

    @Override
    public void start() {
        postgres = new PostgresConnectorConfig(Configuration.from(config));
        try (var database = connect()) {
            SupportedServer.require(database.connection());
            var slot = CaptureSlot.read(database.connection(), postgres.slotName());
            if (slot.foreign() != null) {
                throw new ConnectException(slot.refusal(postgres.slotName()));
            }
            system = slot.system();
            serverStart = slot.serverStart();
            createTopic();
            load();
            var history = new HistoryMarks(database, postgres.slotName());
            for (Map.Entry<ByteBuffer, ByteBuffer> offset : List.copyOf(offsets.entrySet())) {
                if (!slot.continues(parse(offset.getValue())) || !history.has(marks.get(offset.getKey()))) {
                    offsets.clear();
                }
            }
            if (offsets.isEmpty() && slot.exists()) {
                LOG.warn(
                        "Replication slot {} does not continue what was captured so far: it is replaced and the"
                                + " tables are read again",
                        postgres.slotName());
                database.execute("SELECT pg_drop_replication_slot('" + postgres.slotName() + "')");
            }
            startProducer();
            mark(history);
        } catch (SQLException e) {
            stop();
            throw new ConnectException("The replication slot could not be checked", e);
        } catch (RuntimeException e) {
            stop();
            throw e;
        }
    }

    private PostgresConnection connect() {
        return new PostgresConnection(postgres.getJdbcConfig(), "cdc-cascade offsets");
    }

    private void startProducer() {
        var settings = clientSettings(ProducerConfig.configNames());
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, TIMEOUT_MS);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, TIMEOUT_MS);
        producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Makes a mark, after which the offsets are stored again under it: a copy from before lacks it. */
    private void mark(HistoryMarks history) throws SQLException {
        history.dropAllBut(marks.values().stream().findAny().orElse(null));
        mark = history.make();
        markedNanos = System.nanoTime();
        try {
            await(storeAll(offsets));
        } catch (ExecutionException e) {
            throw new ConnectException("The offsets could not be stored", e.getCause());
        }
        history.dropAllBut(mark);
    }

    /** Makes the next mark when it is time. The one before is kept until an offset has been stored under the new one. */
    private void markAgain() {
        if (System.nanoTime() - markedNanos < TimeUnit.MILLISECONDS.toNanos(MARK_MS)) {
            return;
        }
        try (var database = connect()) {
            // A server that has started since may be a copy that was put back: it must not get a mark that is stored.
            if (CaptureSlot.read(database.connection(), postgres.slotName())
                    .serverStart()
                    .equals(serverStart)) {
                var history = new HistoryMarks(database, postgres.slotName());
                history.dropAllBut(mark);
                mark = history.make();
                markedNanos = System.nanoTime();
            }
        } catch (SQLException | ConnectException e) {
            LOG.debug("The last mark stays in use", e);
        }
    }

    @Override
    public void stop() {
        if (producer != null) {
            producer.close(Duration.ofSeconds(1));
            producer = null;
        }
    }

    @Override
    public Future<Map<ByteBuffer, ByteBuffer>> get(Collection<ByteBuffer> keys) {
        // A HashMap, because a key without an offset has to map to null.
        Map<ByteBuffer, ByteBuffer> found = new HashMap<>();
        keys.forEach(key -> found.put(key, offsets.get(key)));
        return CompletableFuture.completedFuture(found);
    }

    @Override
    public Future<Void> set(Map<ByteBuffer, ByteBuffer> values, Callback<Void> callback) {
        markAgain();
        return storeAll(values).whenComplete((none, error) -> callback.onCompletion(error, none));
    }

    @Override
    public Set<Map<String, Object>> connectorPartitions(String connectorName) {
        return Set.of();
    }

    private CompletableFuture<Void> storeAll(Map<ByteBuffer, ByteBuffer> values) {
        return CompletableFuture.allOf(values.entrySet().stream()
                .map(e -> store(e.getKey(), e.getValue()))
                .toArray(CompletableFuture<?>[]::new));
    }

    /** Stores one offset; it can be read only after Kafka has it, because what is read moves the slot. */
    private CompletableFuture<Void> store(ByteBuffer key, ByteBuffer value) {
        var stored = new CompletableFuture<Void>();
        List<Header> headers = Stream.of(Map.entry(SYSTEM_HEADER, system), Map.entry(MARK_HEADER, mark))
                .<Header>map(e -> new RecordHeader(e.getKey(), e.getValue().getBytes(StandardCharsets.UTF_8)))
                .toList();
        producer.send(new ProducerRecord<>(topic, null, key.array(), value.array(), headers), (metadata, error) -> {
            if (error == null) {
                offsets.put(key, value);
                stored.complete(null);
            } else {
                stored.completeExceptionally(error);
            }
        });
        return stored;
    }

    private void createTopic() {
        var replication = Optional.of(Short.valueOf(config.getOrDefault("offset.storage.replication.factor", "0")))
                .filter(factor -> factor > 0);
        var wanted = new NewTopic(topic, Optional.of(1), replication)
                .configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
        var admin = Admin.create(clientSettings(AdminClientConfig.configNames()));
        try {
            await(admin.createTopics(List.of(wanted)).all());
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new ConnectException("The offsets' topic " + topic + " is not available", e.getCause());
            }
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    /** Waits for Kafka, {@value #TIMEOUT_MS} ms at the most. */
    private static void await(Future<Void> answer) throws ExecutionException {
        try {
            answer.get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new ConnectException("Kafka does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException("Interrupted while waiting for Kafka", e);
        }
    }

    private void load() {
        var settings = clientSettings(ConsumerConfig.configNames());
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = new TreeMap<Integer, Long>();
            consumer.endOffsets(partitions).forEach((partition, end) -> ends.put(partition.partition(), end));
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS);
            while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p.partition()))) {
                if (System.nanoTime() > deadline) {
                    throw new ConnectException("The offsets' topic " + topic + " could not be read to its end");
                }
                consumer.poll(Duration.ofMillis(100)).forEach(this::remember);
            }
        }
    }

    private void remember(ConsumerRecord<byte[], byte[]> stored) {
        var key = ByteBuffer.wrap(stored.key());
        marks.remove(key);
        if (system.equals(header(stored, SYSTEM_HEADER)) && stored.value() != null) {
            offsets.put(key, ByteBuffer.wrap(stored.value()));
            String written = header(stored, MARK_HEADER);
            if (written != null) {
                marks.put(key, written);
            }
        } else {
            offsets.remove(key);
        }
    }

    private static String header(ConsumerRecord<byte[], byte[]> stored, String name) {
        Header header = stored.headers().lastHeader(name);
        return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    private Map<String, Object> parse(ByteBuffer offset) {
        try {
            return json.readValue(offset.array(), OFFSET);
        } catch (IOException e) {
            throw new ConnectException("The topic " + topic + " holds an offset that cannot be read", e);
        }
    }

    /** The options that the client knows, so that the database's password does not reach a client that would log it. */
    private Map<String, Object> clientSettings(Set<String> known) {
        Map<String, Object> settings = new HashMap<>(config);
        settings.keySet().retainAll(known);
        settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, "cdc-cascade-offsets");
        settings.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MS / 2);
        settings.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MS);
        return settings;
    }
}
