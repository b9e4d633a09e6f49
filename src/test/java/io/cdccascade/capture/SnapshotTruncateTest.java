package io.cdccascade.capture;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.debezium.schema.SchemaFactory;
import io.debezium.schema.SchemaNameAdjuster;
import java.io.IOException;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotTruncateTest {

    private static final Map<String, String> PARTITION = Map.of("server", "test");
    private static final Map<String, Long> OFFSET = Map.of("lsn", 1L);

    private final SnapshotTruncate transformation = new SnapshotTruncate();

    @Test
    void aTableWhoseSnapshotBeginsIsTruncatedOnItsOwnTopicWithTheNotificationsOffset() {
        SourceRecord truncate = transformation.apply(notification("Initial Snapshot", "IN_PROGRESS"));

        assertThat(truncate.topic()).isEqualTo("test.public.sinners");
        assertThat(truncate.key()).isNull();
        assertThat(truncate.sourcePartition()).isEqualTo(PARTITION);
        assertThat(truncate.sourceOffset()).isEqualTo(OFFSET);
        var value = (Struct) truncate.value();
        value.validate();
        assertThat(value.getString("op")).isEqualTo("t");
        assertThat(value.getStruct("before")).isNull();
        assertThat(value.getStruct("after")).isNull();
        assertThat(value.getStruct("source").getString("schema")).isEqualTo("public");
        assertThat(value.getStruct("source").getString("table")).isEqualTo("sinners");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theEventIsAnEnvelopeInJsonWithAndWithoutSchemas(boolean schemas) throws IOException {
        SourceRecord truncate = transformation.apply(notification("Initial Snapshot", "IN_PROGRESS"));
        try (var converter = new JsonConverter()) {
            converter.configure(Map.of("schemas.enable", schemas), false);
            JsonNode json = new ObjectMapper()
                    .readTree(converter.fromConnectData(truncate.topic(), truncate.valueSchema(), truncate.value()));

            JsonNode payload = schemas ? json.get("payload") : json;
            assertThat(payload.get("op").asText()).isEqualTo("t");
            assertThat(payload.get("after").isNull()).isTrue();
            assertThat(payload.at("/source/table").asText()).isEqualTo("sinners");
        }
    }

    @Test
    void otherNotificationsAreDropped() {
        assertThat(transformation.apply(notification("Initial Snapshot", "COMPLETED")))
                .isNull();
        assertThat(transformation.apply(notification("Incremental Snapshot", "IN_PROGRESS")))
                .isNull();
    }

    @Test
    void whatIsNoNotificationPassesUnchanged() {
        var tombstone =
                new SourceRecord(PARTITION, OFFSET, "test.public.sinners", Schema.STRING_SCHEMA, "key", null, null);
        var other = new SourceRecord(PARTITION, OFFSET, "test.public.sinners", Schema.STRING_SCHEMA, "value");

        assertThat(transformation.apply(tombstone)).isSameAs(tombstone);
        assertThat(transformation.apply(other)).isSameAs(other);
    }

    private static SourceRecord notification(String aggregateType, String type) {
        Schema schema = SchemaFactory.get().notificationValueSchema(SchemaNameAdjuster.NO_OP);
        var value = new Struct(schema)
                .put("id", "1")
                .put("aggregate_type", aggregateType)
                .put("type", type)
                .put("additional_data", Map.of("current_collection_in_progress", "public.sinners"))
                .put("timestamp", 2L);
        return new SourceRecord(PARTITION, OFFSET, "test.notifications", schema, value);
    }
}
