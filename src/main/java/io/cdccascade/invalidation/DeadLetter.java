package io.cdccascade.invalidation;

/**
 * A record that cannot be read. It is kept as it was on a dead-letter topic of its own topic.
 *
 * @param topic     the topic it came from
 * @param partition the partition it came from
 * @param offset    its offset there
 * @param key       its key as it was, or null
 * @param value     its value as it was
 * @param cause     why it cannot be read, for a person
 */
public record DeadLetter(String topic, int partition, long offset, byte[] key, byte[] value, String cause) {

    /** The header of a dead letter that holds {@link #source()}. */
    public static final String SOURCE_HEADER = "cascade-source";

    /** The header of a dead letter that holds {@link #cause()}. */
    public static final String CAUSE_HEADER = "cascade-cause";

    private static final String SUFFIX = ".dlq";

    /** The topic that the dead letter is written to. */
    public String deadLetterTopic() {
        return topic + SUFFIX;
    }

    /** Where the record came from: {@code topic/partition/offset}. */
    public String source() {
        return topic + "/" + partition + "/" + offset;
    }

    /** Whether a topic has the name of a dead-letter topic. A table may be named like one, too. */
    static boolean isDeadLetterTopic(String topic) {
        return topic.endsWith(SUFFIX);
    }
}
