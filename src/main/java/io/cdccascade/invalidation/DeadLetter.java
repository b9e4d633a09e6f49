package io.cdccascade.invalidation;

/**
 * A record that cannot be read.
 *
 * @param topic     the topic it came from
 * @param partition the partition it came from
 * @param offset    its offset there
 * @param key       its key as it was, or null
 * @param value     its value as it was
 * @param cause     why it cannot be read, for a person
 */
public record DeadLetter(String topic, int partition, long offset, byte[] key, byte[] value, String cause) {

    /** What a dead-letter topic is called after its topic. */
    static final String SUFFIX = ".dlq";

    /** The header that says where a record on a dead-letter topic came from. */
    static final String SOURCE = "cascade-source";
}
