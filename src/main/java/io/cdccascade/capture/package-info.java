/**
 * Change capture that loses nothing and reports when it cannot work: PostgreSQL's write-ahead log, read by Debezium's
 * embedded engine, one exchange per batch.
 *
 * <p>{@link io.cdccascade.capture.CaptureComponent} takes the options of Camel's {@code debezium-postgres} component
 * and replaces its consumer. An offset is marked only after the exchange succeeded, a dead engine is restarted, and
 * readiness is up only while batches are delivered.
 * {@link io.cdccascade.capture.SlotOffsets} keeps the offsets in Kafka and honours them only while the
 * replication slot continues them; {@link io.cdccascade.capture.SnapshotTruncate} makes consumers forget a table before
 * its snapshot.
 */
package io.cdccascade.capture;
