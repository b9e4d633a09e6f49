package io.cdccascade.invalidation;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns once of each change topic that does not keep its events for as long as an outage may last. */
public final class RetentionCheck {

    private static final Logger LOG = LoggerFactory.getLogger(RetentionCheck.class);
    private static final int TIMEOUT_MS = 2_000;

    /** Why it matters. */
    public static final String CONSEQUENCE =
            "Changes that are deleted before they are applied make its tables be forgotten";

    /**
     * What is wrong with a topic.
     *
     * @param what   a sentence without its subject, the topic
     * @param remedy the setting that helps, {@code name=value}
     */
    public record Trouble(String what, String remedy) {}

    private final Duration outage;
    private final Set<String> seen = new HashSet<>();

    /** @param outage how long nobody may be there to apply changes */
    public RetentionCheck(Duration outage) {
        this.outage = outage;
    }

    void look(Admin admin, Collection<String> topics)
            throws ExecutionException, TimeoutException, InterruptedException {
        List<ConfigResource> unseen = topics.stream()
                .filter(topic -> !seen.contains(topic))
                .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                .toList();
        if (unseen.isEmpty()) {
            return;
        }
        Map<ConfigResource, Config> settings =
                admin.describeConfigs(unseen).all().get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        settings.forEach((topic, config) -> {
            seen.add(topic.name());
            trouble(config)
                    .ifPresent(trouble -> LOG.warn(
                            "The topic {} {}: set {}. {}",
                            topic.name(),
                            trouble.what(),
                            trouble.remedy(),
                            CONSEQUENCE));
        });
    }

    /** What is wrong with a topic's settings. */
    public Optional<Trouble> trouble(Config config) {
        if (config.get(TopicConfig.CLEANUP_POLICY_CONFIG).value().contains("compact")) {
            return Optional.of(new Trouble("is compacted", "cleanup.policy=delete"));
        }
        long millis = Long.parseLong(config.get(TopicConfig.RETENTION_MS_CONFIG).value());
        if (millis >= 0 && millis < outage.toMillis()) {
            return Optional.of(new Trouble(
                    "keeps events for " + Duration.ofMillis(millis) + " only", "retention.ms=" + outage.toMillis()));
        }
        return Optional.empty();
    }
}
