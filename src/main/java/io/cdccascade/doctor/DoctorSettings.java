package io.cdccascade.doctor;

import java.time.Duration;

/**
 * What the application wants of the servers, by its settings.
 *
 * @param postgres       PostgreSQL's address, {@code host:port/database}
 * @param slot           the replication slot
 * @param publication    the publication
 * @param brokers        Kafka's bootstrap servers
 * @param topicPrefix    the prefix of the change topics
 * @param offsetsTopic   the topic of capture's offsets; null where Kafka Connect keeps them
 * @param group          the consumer group that applies changes
 * @param maxRecordBytes the largest change event
 * @param outage         how long nobody may be there to apply changes
 * @param limits         from when on something is worth a word
 */
public record DoctorSettings(
        String postgres,
        String slot,
        String publication,
        String brokers,
        String topicPrefix,
        String offsetsTopic,
        String group,
        int maxRecordBytes,
        Duration outage,
        Limits limits) {

    /**
     * From when on something is worth a word.
     *
     * @param retainedBytes      how much log a slot may keep
     * @param spilledBytes       how much of large transactions may have gone through the disk
     * @param transactionSeconds how old a transaction may be
     * @param clockMillis        how far clocks may be apart
     * @param lagRecords         how many events may wait to be applied
     */
    public record Limits(
            long retainedBytes, long spilledBytes, long transactionSeconds, long clockMillis, long lagRecords) {

        /** For people: an hour of log on a busy system, transactions that outlive any request, clocks without NTP. */
        public static final Limits USUAL = new Limits(1L << 30, 1L << 30, 300, 2_000, 100_000);
    }
}
