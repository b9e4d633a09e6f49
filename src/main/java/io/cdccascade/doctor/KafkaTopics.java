package io.cdccascade.doctor;

import static io.cdccascade.doctor.KafkaExamination.answer;

import io.cdccascade.invalidation.RetentionCheck;
import io.cdccascade.table.TableName;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;

/** The topics: whether there are those that are needed, whether they keep what is in them, and take what is sent. */
final class KafkaTopics {

    private static final String AUTO_CREATE = "auto.create.topics.enable";
    private static final int SAFE_REPLICAS = 3;

    private final DoctorSettings settings;
    private final Admin admin;
    private final Collection<Node> brokers;
    private final RetentionCheck retention;

    KafkaTopics(DoctorSettings settings, Admin admin, Collection<Node> brokers) {
        this.settings = settings;
        this.admin = admin;
        this.brokers = brokers;
        this.retention = new RetentionCheck(settings.outage());
    }

    /** @param captured the tables whose changes are captured */
    void examine(Set<TableName> captured, Findings findings) throws Exception {
        Set<String> changes = captured.stream()
                .map(table -> table.topic(settings.topicPrefix()))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> wanted = new TreeSet<>(changes);
        wanted.add("__debezium-heartbeat." + settings.topicPrefix());
        if (settings.offsetsTopic() != null) {
            wanted.add(settings.offsetsTopic());
        }
        Set<String> existing = new TreeSet<>(answer(admin.listTopics().names()));
        Set<String> missing = new TreeSet<>(wanted);
        missing.removeAll(existing);
        findings.attempt(AUTO_CREATE, () -> missing(missing, findings));
        wanted.retainAll(existing);
        changes.retainAll(existing);
        Map<String, TopicDescription> described =
                answer(admin.describeTopics(wanted).allTopicNames());
        Map<ConfigResource, Config> configs = answer(admin.describeConfigs(wanted.stream()
                        .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                        .toList())
                .all());
        findings.attempt("dead letters", () -> deadLetters(existing, findings));
        int troubles = findings.all().size();
        configs.forEach((topic, config) -> findings.attempt(
                topic.name(),
                () -> topic(described.get(topic.name()), config, changes.contains(topic.name()), findings)));
        if (findings.all().size() == troubles) {
            findings.ok("topics", wanted.size() + " exist and keep what is needed");
        }
    }

    private void missing(Set<String> missing, Findings findings) throws Exception {
        if (missing.isEmpty()) {
            return;
        }
        ConfigResource broker = new ConfigResource(
                ConfigResource.Type.BROKER, brokers.iterator().next().idString());
        Config config = answer(admin.describeConfigs(List.of(broker)).all()).get(broker);
        if (Boolean.parseBoolean(value(config, AUTO_CREATE))) {
            findings.note("missing topics", missing + " are made when they are first used", "");
            return;
        }
        missing.forEach(topic -> findings.error(
                topic,
                "there is no such topic, and the brokers create none (" + AUTO_CREATE
                        + "=false): what is sent to it is not" + " delivered, and capture stops",
                "kafka-topics.sh --bootstrap-server " + settings.brokers() + " --create --topic " + topic
                        + (topic.equals(settings.offsetsTopic())
                                ? " --partitions 1 --config cleanup.policy=compact"
                                : "")));
    }

    /** What could not be read was invalidated, but somebody should look why. */
    private void deadLetters(Set<String> existing, Findings findings) throws Exception {
        List<String> topics = existing.stream()
                .filter(topic -> topic.startsWith(settings.topicPrefix() + ".") && topic.endsWith(".dlq"))
                .toList();
        for (TopicDescription topic :
                answer(admin.describeTopics(topics).allTopicNames()).values()) {
            long records = records(topic, OffsetSpec.latest()) - records(topic, OffsetSpec.earliest());
            if (records > 0) {
                findings.note(
                        topic.name(),
                        records
                                + " change events could not be read. What they may touch was invalidated; their headers say"
                                + " why",
                        "look: scripts/topic " + topic.name());
            }
        }
    }

    private long records(TopicDescription topic, OffsetSpec where) throws Exception {
        return answer(admin.listOffsets(topic.partitions().stream()
                                .collect(Collectors.toMap(
                                        partition -> new TopicPartition(topic.name(), partition.partition()),
                                        partition -> where)))
                        .all())
                .values()
                .stream()
                .mapToLong(offset -> offset.offset())
                .sum();
    }

    private static String value(Config config, String name) {
        return config.get(name) == null ? "" : config.get(name).value();
    }

    private void topic(TopicDescription topic, Config config, boolean isChanges, Findings findings) {
        String name = topic.name();
        if (isChanges) {
            retention
                    .trouble(config)
                    .ifPresent(trouble -> findings.warning(
                            name, trouble.what() + ". " + RetentionCheck.CONSEQUENCE, alter(name, trouble.remedy())));
            if (!value(config, TopicConfig.RETENTION_BYTES_CONFIG).equals("-1")) {
                findings.warning(
                        name,
                        "keeps no more than " + value(config, TopicConfig.RETENTION_BYTES_CONFIG)
                                + " bytes of each partition," + " however young they are. "
                                + RetentionCheck.CONSEQUENCE,
                        alter(name, "retention.bytes=-1"));
            }
            long largest = Long.parseLong(value(config, TopicConfig.MAX_MESSAGE_BYTES_CONFIG));
            if (largest < settings.maxRecordBytes()) {
                findings.warning(
                        name,
                        "takes events of up to " + largest
                                + " bytes only, less than cascade.kafka.max-record-bytes: a larger"
                                + " one stops capture",
                        alter(name, "max.message.bytes=" + settings.maxRecordBytes()));
            }
        } else if (name.equals(settings.offsetsTopic())
                && !value(config, TopicConfig.CLEANUP_POLICY_CONFIG).equals("compact")) {
            findings.warning(
                    name,
                    "is not compacted: the offset of a capture that is down for long is deleted, and all tables are read"
                            + " again",
                    alter(name, "cleanup.policy=compact"));
        }
        replicas(topic, Integer.parseInt(value(config, TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG)), findings);
    }

    private void replicas(TopicDescription topic, int needed, Findings findings) {
        int replicas = topic.partitions().stream()
                .mapToInt(partition -> partition.replicas().size())
                .min()
                .orElse(0);
        int inSync = topic.partitions().stream()
                .mapToInt(partition -> partition.isr().size())
                .min()
                .orElse(0);
        int wanted = Math.min(SAFE_REPLICAS, brokers.size());
        if (topic.partitions().stream()
                .map(TopicPartitionInfo::leader)
                .anyMatch(leader -> leader == null || leader.isEmpty())) {
            findings.error(topic.name(), "a partition has no leader: its broker is down", "start the broker");
        } else if (replicas < needed) {
            findings.error(
                    topic.name(),
                    "has " + replicas + " replica(s), but min.insync.replicas=" + needed
                            + ": nothing can be sent to it",
                    alter(topic.name(), "min.insync.replicas=" + replicas) + " or give it more replicas");
        } else if (inSync < needed) {
            findings.error(
                    topic.name(),
                    "only " + inSync + " replica(s) are in sync, but min.insync.replicas=" + needed
                            + ": nothing can be sent to it",
                    "start the brokers that are down");
        } else if (replicas < wanted) {
            findings.warning(
                    topic.name(),
                    "has " + replicas + " replica(s) on " + brokers.size()
                            + " brokers: changes are lost with a broker, and its tables are forgotten",
                    "give it " + wanted + " replicas with kafka-reassign-partitions.sh; for new topics set"
                            + " cascade.topic.replication and cascade.kafka.replication-factor to " + wanted);
        }
    }

    private String alter(String topic, String setting) {
        return "kafka-configs.sh --bootstrap-server " + settings.brokers()
                + " --alter --entity-type topics --entity-name " + topic + " --add-config " + setting;
    }
}
