package io.cdccascade.dev;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** {@code scripts/topic}: prints a topic's records from the first one on, for people without Kafka's tools. */
final class TopicTail {

    private TopicTail() {}

    /** @param args a topic and, if it shall end, {@code --max} and a number of records; or nothing to list topics */
    public static void main(String[] args) {
        var servers =
                Console.setting("CASCADE_KAFKA_BROKERS", "localhost:" + Console.setting("CASCADE_KAFKA_PORT", "19092"));
        var isTail = args.length == 1 || args.length == 3 && args[1].equals("--max") && args[2].matches("\\d{1,9}");
        if (args.length > 0 && !isTail) {
            Console.exit("usage: scripts/topic [TOPIC [--max RECORDS]]");
        }
        try (var consumer = new KafkaConsumer<String, String>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, servers,
                        // Looking at a topic must not make it.
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false",
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest",
                        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, "5000",
                        ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, "5000"),
                new StringDeserializer(),
                new StringDeserializer())) {
            if (args.length == 0) {
                new TreeSet<>(consumer.listTopics().keySet()).forEach(System.out::println);
            } else {
                tail(consumer, args[0], args.length == 1 ? Long.MAX_VALUE : Long.parseLong(args[2]));
            }
        } catch (KafkaException e) {
            Console.exit("Kafka at " + servers + ": " + e.getMessage());
        }
    }

    private static void tail(KafkaConsumer<String, String> consumer, String topic, long max) {
        // Without a consumer group, so that nobody's offsets change.
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        if (partitions.isEmpty()) {
            Console.exit("There is no topic " + topic + " yet. Topics: "
                    + consumer.listTopics().keySet());
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        var count = 0L;
        while (count < max) {
            for (var record : consumer.poll(Duration.ofSeconds(1))) {
                if (count++ < max) {
                    System.out.println(record.key() + "  " + record.value());
                }
            }
        }
    }
}
