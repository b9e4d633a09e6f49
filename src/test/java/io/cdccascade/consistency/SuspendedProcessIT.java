package io.cdccascade.consistency;

import static io.cdccascade.support.Api.cacheStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.dev.EmbeddedServers;
import io.cdccascade.support.CascadeProcess;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.Signal;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A process that was suspended for longer than the bound, and goes on, answers nothing older than the bound. */
@DisabledOnOs(OS.WINDOWS)
class SuspendedProcessIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration BOUND = Duration.ofSeconds(5);
    private static final int READERS = 20;

    @Test
    void whatChangedWhileTheProcessWasSuspendedIsSeenByItsFirstAnswers() throws Exception {
        Map<String, String> settings = new HashMap<>(CascadeSystem.freshSettings());
        EmbeddedServers servers = CascadeProcess.servers(settings);
        settings.put("cascade.redis.read-timeout-ms", "5000");
        settings.put("cascade.cache.max-staleness", BOUND.toSeconds() + "s");
        ExecutorService readers = Executors.newFixedThreadPool(READERS);
        try (CascadeProcess application = CascadeProcess.start(settings)) {
            await().atMost(PATIENCE).until(application::isReady);
            await().atMost(PATIENCE).until(() -> isHit(read(application)));

            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            Signal.STOP.to(application.pid());
            try {
                long stopped = System.nanoTime();
                try (Connection connection = servers.postgres().connect();
                        Statement statement = connection.createStatement()) {
                    statement.execute("UPDATE sinners SET name = 'Zoya' WHERE code = 14");
                }
                for (int i = 0; i < READERS; i++) {
                    answers.add(readers.submit(() -> read(application)));
                }
                await().atMost(PATIENCE).until(() -> System.nanoTime() - stopped > BOUND.toNanos());
            } finally {
                Signal.CONT.to(application.pid());
            }

            for (Future<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().body()).contains("Zoya");
            }
            await().atMost(PATIENCE).until(() -> isHit(read(application)));
            assertThat(read(application).body()).contains("Zoya");
        } finally {
            readers.shutdownNow();
            servers.stop();
        }
    }

    private static HttpResponse<String> read(CascadeProcess application) {
        return application.api().get("/sinners/read/14");
    }

    private static boolean isHit(HttpResponse<String> answer) {
        return cacheStatus(answer).equals("hit");
    }
}
