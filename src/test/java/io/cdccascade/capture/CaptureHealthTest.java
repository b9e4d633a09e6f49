package io.cdccascade.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.TimeUnit;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

class CaptureHealthTest {

    @Test
    void captureIsDownUntilABatchHasBeenDelivered() {
        CaptureHealth health = health(60_000);
        assertThat(health.call().getState()).isEqualTo(HealthCheck.State.DOWN);

        health.delivered();

        assertThat(health.call().getState()).isEqualTo(HealthCheck.State.UP);
    }

    @Test
    void aFailureTakesItDownWithTheReasonUntilTheNextDelivery() {
        CaptureHealth health = health(60_000);
        health.delivered();
        health.down("the slot is gone");

        assertThat(health.call().getState()).isEqualTo(HealthCheck.State.DOWN);
        assertThat(health.call().getMessage()).hasValue("Capture is down: the slot is gone");
        assertThat(health.isUp()).isFalse();

        health.delivered();
        assertThat(health.isUp()).isTrue();
    }

    @Test
    void silenceTakesItDown() {
        CaptureHealth health = health(1);
        health.delivered();

        await().atMost(10, TimeUnit.SECONDS).until(() -> health.call().getState() == HealthCheck.State.DOWN);
        assertThat(health.call().getMessage().orElseThrow()).startsWith("Capture has stalled");
    }

    @Test
    void itIsAboutReadinessAndNotAboutLiveness() {
        assertThat(health(0).isReadiness()).isTrue();
        assertThat(health(0).isLiveness()).isFalse();
    }

    private static CaptureHealth health(long stallTimeout) {
        var health = new CaptureHealth("capture:test", stallTimeout);
        health.setCamelContext(new DefaultCamelContext(false));
        return health;
    }
}
