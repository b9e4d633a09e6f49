package io.cdccascade.doctor;

import io.cdccascade.table.TableCheck;
import java.util.Collection;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;

/** Kafka, asked with nothing but the admin client's describing calls. */
final class KafkaExamination implements Examination {

    /** Longer than the client waits, which then says what for. */
    private static final int TIMEOUT_MS = 7_000;

    private final DoctorSettings settings;
    private final Callable<Admin> kafka;
    private final TableCheck tables;

    KafkaExamination(DoctorSettings settings, Callable<Admin> kafka, TableCheck tables) {
        this.settings = settings;
        this.kafka = kafka;
        this.tables = tables;
    }

    @Override
    public String server() {
        return "Kafka";
    }

    /** Waits for an answer, but not for long. */
    static <T> T answer(KafkaFuture<T> future) throws Exception {
        return future.get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void examine(Findings findings) throws InterruptedException {
        Admin admin;
        Collection<Node> brokers;
        try {
            admin = kafka.call();
            brokers = answer(admin.describeCluster().nodes());
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            findings.error(
                    "reachable",
                    "Kafka at " + settings.brokers() + " cannot be asked: " + Findings.cause(e),
                    "start it, or set cascade.kafka.brokers to its address; if it runs, this host has to reach the"
                            + " addresses of its advertised.listeners, too");
            return;
        }
        findings.ok(
                "reachable",
                brokers.size() + (brokers.size() == 1 ? " broker at " : " brokers at ") + settings.brokers());
        KafkaTopics topics = new KafkaTopics(settings, admin, brokers);
        findings.attempt("topics", () -> topics.examine(tables.captured(), findings));
        findings.attempt("group", () -> new KafkaGroup(settings, admin).examine(findings));
    }
}
