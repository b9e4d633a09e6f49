package io.cdccascade.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What Kafka Connect's answers mean for readiness. */
class ConnectorHealthTest {

    private static final String STATUS = """
            {"name": "cascade", "connector": {"state": "%s", "worker_id": "connect:8083"},
             "tasks": [%s], "type": "source"}""";
    private static final String RUNNING_TASK = "{\"id\": 0, \"state\": \"RUNNING\", \"worker_id\": \"connect:8083\"}";

    private final ConnectorHealth connector = new ConnectorHealth("connect");

    @BeforeEach
    void inACamelContext() {
        connector.setCamelContext(new DefaultCamelContext());
    }

    @Test
    void itIsDownUntilTheConnectorWasSeenRunning() throws IOException {
        assertDown("not registered yet");
        assertThat(connector.isRegistered()).isFalse();

        connector.accepted();
        assertDown("not seen running yet");
        assertThat(connector.isRegistered()).isTrue();

        connector.observed(STATUS.formatted("RUNNING", RUNNING_TASK));
        assertThat(connector.call().getState()).isEqualTo(HealthCheck.State.UP);
        assertThat(connector.isFailed()).isFalse();
    }

    @Test
    void aConnectorWithoutTasksIsDown() throws IOException {
        connector.observed(STATUS.formatted("RUNNING", ""));

        assertDown("there is no task");
        assertThat(connector.isFailed()).isFalse();
    }

    @Test
    void aFailedTaskIsDownWithItsCauseAndWaitsForARestart() throws IOException {
        connector.observed(STATUS.formatted(
                "RUNNING",
                "{\"id\": 0, \"state\": \"FAILED\", \"trace\": \"org.E: no slot\\n\\tat org.X.y(X.java:1)\"}"));

        assertDown("task 0 is FAILED: org.E: no slot");
        assertThat(connector.call().getMessage())
                .hasValueSatisfying(message -> assertThat(message).doesNotContain("X.java"));
        assertThat(connector.isFailed()).isTrue();
    }

    @Test
    void whatAnOperatorPausedIsDownAndIsNotRestarted() throws IOException {
        connector.observed(STATUS.formatted("PAUSED", RUNNING_TASK));

        assertDown("the connector is PAUSED");
        assertThat(connector.isFailed()).isFalse();
    }

    @Test
    void aConnectorThatKafkaConnectLostIsToBeRegisteredAgain() {
        connector.accepted();

        connector.missing();

        assertDown("does not know the connector");
        assertThat(connector.isRegistered()).isFalse();
    }

    @Test
    void aKafkaConnectThatIsUnreachableOrRefusesIsDownWithTheReason() throws IOException {
        connector.accepted();
        connector.observed(STATUS.formatted("RUNNING", RUNNING_TASK));

        connector.notAsked(new IOException("Connection refused"));
        assertDown("Connection refused");
        assertThat(connector.isRegistered()).isTrue();

        connector.refused(400, "{\"error_code\": 400, \"message\": \"Invalid value\"}");
        assertDown("answered 400: Invalid value");

        connector.refused(502, "<html>");
        assertDown("answered 502: <html>");
    }

    @Test
    void whereThisProcessCapturesItCountsForNothing() {
        ConnectorHealth embedded = new ConnectorHealth("embedded");
        embedded.setCamelContext(new DefaultCamelContext());

        assertThat(embedded.isReadiness()).isFalse();
        assertThat(embedded.isLiveness()).isFalse();
        assertThat(embedded.call().getState()).isEqualTo(HealthCheck.State.UNKNOWN);
    }

    @Test
    void aModeInWhichNothingWouldCaptureIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ConnectorHealth("conect"))
                .withMessageContaining("cascade.capture.mode");
    }

    private void assertDown(String reason) {
        HealthCheck.Result result = connector.call();
        assertThat(result.getState()).isEqualTo(HealthCheck.State.DOWN);
        assertThat(result.getMessage())
                .hasValueSatisfying(message -> assertThat(message).contains(reason));
    }
}
