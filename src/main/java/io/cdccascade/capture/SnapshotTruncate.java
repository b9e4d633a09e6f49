package io.cdccascade.capture;

import io.cdccascade.table.TableName;
import io.debezium.data.Envelope;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.transforms.Transformation;

/**
 * Begins the snapshot of a table with a TRUNCATE event on the table's topic.
 *
 * <p>A snapshot after a gap shows the rows that are there; it cannot show those that were deleted in the gap, and of a
 * table that was emptied it shows nothing at all. A consumer that has seen {@code op=t} has forgotten them all.
 * The event is made from the notification {@code Initial Snapshot / IN_PROGRESS} that Debezium sends before it reads
 * a table, so the channel {@code sink} must be enabled; other notifications are dropped.
 *
 * <p>As in Debezium's own TRUNCATE event there is no key, {@code before} or {@code after}. {@code source} has only
 * {@code connector}, {@code name}, {@code ts_ms}, {@code snapshot}, {@code schema} and {@code table}: there was
 * no transaction.
 */
public final class SnapshotTruncate implements Transformation<SourceRecord> {

    private static final String NOTIFICATION = "io.debezium.connector.common.Notification";

    private static final Schema SOURCE = SchemaBuilder.struct()
            .name("io.cdccascade.capture.Source")
            .field("connector", Schema.STRING_SCHEMA)
            .field("name", Schema.STRING_SCHEMA)
            .field("ts_ms", Schema.INT64_SCHEMA)
            .field("snapshot", Schema.STRING_SCHEMA)
            .field("schema", Schema.STRING_SCHEMA)
            .field("table", Schema.STRING_SCHEMA)
            .build();

    private static final Schema ROW = SchemaBuilder.struct().optional().build();

    private static final Schema ENVELOPE = SchemaBuilder.struct()
            .name("io.cdccascade.capture.Envelope")
            .field("before", ROW)
            .field("after", ROW)
            .field("source", SOURCE)
            .field("op", Schema.STRING_SCHEMA)
            .field("ts_ms", Schema.INT64_SCHEMA)
            .build();

    @Override
    public void configure(Map<String, ?> settings) {
        // Nothing to set.
    }

    @Override
    public SourceRecord apply(SourceRecord sent) {
        if (sent.valueSchema() == null
                || !NOTIFICATION.equals(sent.valueSchema().name())) {
            return sent;
        }
        var notification = (Struct) sent.value();
        if (!"Initial Snapshot".equals(notification.getString("aggregate_type"))
                || !"IN_PROGRESS".equals(notification.getString("type"))) {
            return null;
        }
        String table = notification.<String, String>getMap("additional_data").get("current_collection_in_progress");
        String server = sent.sourcePartition().get("server").toString();
        return truncate(sent, server, table(table), notification.getInt64("timestamp"));
    }

    /** The name is not quoted. A dot belongs to the table: schemas with a dot are rarer still. */
    private static TableName table(String unquoted) {
        int dot = unquoted.indexOf('.');
        return new TableName(unquoted.substring(0, dot), unquoted.substring(dot + 1));
    }

    private static SourceRecord truncate(SourceRecord sent, String server, TableName table, long now) {
        var source = new Struct(SOURCE)
                .put("connector", "postgresql")
                .put("name", server)
                .put("ts_ms", now)
                .put("snapshot", "true")
                .put("schema", table.schema())
                .put("table", table.name());
        var truncate = new Struct(ENVELOPE)
                .put("source", source)
                .put("op", Envelope.Operation.TRUNCATE.code())
                .put("ts_ms", now);
        return new SourceRecord(
                sent.sourcePartition(), sent.sourceOffset(), table.topic(server), null, null, ENVELOPE, truncate);
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef();
    }

    @Override
    public void close() {
        // Nothing to release.
    }
}
