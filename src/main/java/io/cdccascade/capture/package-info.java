/**
 * Change capture that loses nothing and says so when it cannot work: PostgreSQL's write-ahead log, read by Debezium's
 * embedded engine, one exchange per batch.
 *
 * <p>{@link io.cdccascade.capture.CaptureComponent} takes the options of Camel's {@code debezium-postgres} component
 * and replaces its consumer. An offset is marked only after the exchange succeeded, a dead engine is restarted, and
 * readiness is up only while batches really go through.
 * {@link io.cdccascade.capture.SlotOffsets} keeps the offsets in Kafka and honours them only as long as the
 * replication slot continues them; {@link io.cdccascade.capture.SnapshotTruncate} lets a snapshot begin by telling
 * consumers to forget the table.
 */
package io.cdccascade.capture;
