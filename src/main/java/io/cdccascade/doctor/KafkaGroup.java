package io.cdccascade.doctor;

import static io.cdccascade.doctor.KafkaExamination.answer;

import io.cdccascade.invalidation.ConsumerLag;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/** The consumer group that applies changes to Redis. */
final class KafkaGroup {

    private final DoctorSettings settings;
    private final Admin admin;

    KafkaGroup(DoctorSettings settings, Admin admin) {
        this.settings = settings;
        this.admin = admin;
    }

    void examine(Findings findings) throws Exception {
        String check = "group " + settings.group();
        double lag = ConsumerLag.records(admin, settings.group());
        String waiting = Double.isNaN(lag) ? "" : ", " + (long) lag + " events wait";
        if (members() == 0) {
            findings.error(
                    check,
                    "has no members" + waiting + ": no change is applied, and nothing is answered from the cache",
                    "start the application; if it runs, its health check freshness says what it waits for");
        } else if (lag > settings.limits().lagRecords()) {
            findings.warning(
                    check,
                    "is behind" + waiting + ": changes are applied late",
                    "see whether Redis is slow; more instances help only if the topics have more partitions"
                            + " (cascade.topic.partitions)");
        } else {
            findings.ok(check, "has members" + waiting);
        }
    }

    private int members() throws Exception {
        try {
            ConsumerGroupDescription group = answer(admin.describeConsumerGroups(List.of(settings.group()))
                            .all())
                    .get(settings.group());
            return group.members().size();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return 0;
            }
            throw e;
        }
    }
}
