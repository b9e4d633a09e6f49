package io.cdccascade.doctor;

import io.cdccascade.cache.RedisSettings;
import io.cdccascade.table.TableCheck;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;

/**
 * Examines all servers, one after the other. One that is unreachable costs its connection timeout and does not keep the
 * others from being examined. Safe for use by several threads.
 */
public final class Doctor {

    private final List<Examination> examinations;
    private final Secrets secrets;

    Doctor(List<Examination> examinations, Secrets secrets) {
        this.examinations = List.copyOf(examinations);
        this.secrets = secrets;
    }

    /**
     * The servers of the settings.
     *
     * @param settings what the application wants of the servers
     * @param postgres makes new connections to PostgreSQL, not those of a pool
     * @param kafka    asks Kafka; whoever made it closes it
     * @param redis    where Redis is
     * @param tables   the table files
     * @param clock    this process's clock, with which the servers' are compared
     * @param secrets  what must not be shown
     */
    public static Doctor of(
            DoctorSettings settings,
            DataSource postgres,
            Callable<Admin> kafka,
            RedisSettings redis,
            TableCheck tables,
            Clock clock,
            Secrets secrets) {
        ClockCheck clocks = new ClockCheck(clock, settings.limits().clockMillis());
        return new Doctor(
                List.of(
                        new PostgresExamination(settings, postgres, tables, clocks),
                        new KafkaExamination(settings, kafka, tables),
                        new RedisExamination(redis, clocks)),
                secrets);
    }

    /** What is found now. */
    public List<Finding> examine() {
        List<Finding> all = new ArrayList<>();
        for (Examination examination : examinations) {
            Findings findings = new Findings(examination.server(), secrets);
            findings.attempt("examination", () -> examination.examine(findings));
            all.addAll(findings.all());
        }
        return all;
    }
}
