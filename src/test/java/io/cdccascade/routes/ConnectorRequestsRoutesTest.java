package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.Application;
import io.cdccascade.capture.ConnectorHealth;
import java.net.ConnectException;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.BeanInject;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The requests to Kafka Connect: what they send, what readiness makes of the answer, and what the caller gets. */
@CamelMainTest(
        mainClass = Application.class,
        propertyPlaceholderLocations = "file:application.properties",
        properties = {
            "camel.server.enabled=false",
            "camel.management.enabled=false",
            "cascade.api.port=0",
            "cascade.postgres.host=127.0.0.1",
            "cascade.redis.host=127.0.0.1",
            "cascade.kafka.brokers=127.0.0.1:1",
            "cascade.capture.mode=connect",
            "camel.main.routes-include-pattern="
                    + "file:routes/beans.camel.yaml,file:routes/connector-requests.camel.yaml"
        })
class ConnectorRequestsRoutesTest {

    private static final String RUNNING =
            "{\"connector\":{\"state\":\"RUNNING\"},\"tasks\":[{\"id\":0,\"state\":\"RUNNING\"}]}";

    @BeanInject
    CamelContext context;

    @BeanInject
    ProducerTemplate caller;

    @BeanInject("connector")
    ConnectorHealth connector;

    @EndpointInject("mock:kafka-connect")
    MockEndpoint kafkaConnect;

    @BeforeEach
    void putTheTestInPlaceOfKafkaConnect() throws Exception {
        AdviceWith.adviceWith(context, "register-connector", route -> {
            route.weaveById("configure").replace().setBody().constant("{\"slot.name\":\"cdc_cascade\"}");
            route.weaveById("put-config").replace().to(kafkaConnect);
        });
        AdviceWith.adviceWith(
                context,
                "inspect-connector",
                route -> route.weaveById("get-status").replace().to(kafkaConnect));
    }

    @Test
    void aRegistrationSendsTheConfigurationAndNothingOfTheCallers() throws Exception {
        kafkaConnect.expectedBodiesReceived("{\"slot.name\":\"cdc_cascade\"}");

        caller.send(
                "direct:register-connector",
                exchange -> exchange.getMessage()
                        .setHeaders(new HashMap<>(Map.of("Authorization", "secret", Exchange.HTTP_PATH, "/other"))));

        kafkaConnect.assertIsSatisfied();
        assertThat(kafkaConnect.getExchanges().get(0).getMessage().getHeaders())
                .containsOnly(Map.entry(Exchange.CONTENT_TYPE, "application/json"));
    }

    @Test
    void aConfigurationThatKafkaConnectAcceptsIsAnsweredWithoutItsEcho() {
        answers(201, "{\"config\":{\"database.password\":\"secret\"}}");

        Message answer =
                caller.send("direct:register-connector", exchange -> {}).getMessage();

        assertThat(answer.getHeaders()).containsOnlyKeys(Exchange.HTTP_RESPONSE_CODE);
        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE, int.class)).isEqualTo(204);
        assertThat(answer.getBody()).isEqualTo("");
        assertThat(connector.isRegistered()).isTrue();
    }

    @Test
    void aConfigurationThatKafkaConnectRefusesIsAnsweredWithItsReason() {
        answers(400, "{\"message\":\"Invalid value\"}");

        Message answer =
                caller.send("direct:register-connector", exchange -> {}).getMessage();

        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(400);
        assertThat(answer.getBody()).isEqualTo("{\"message\":\"Invalid value\"}");
        assertThat(connector.isRegistered()).isFalse();
        assertDown("Kafka Connect answered 400: Invalid value");
    }

    @Test
    void aConnectorThatRunsIsReady() {
        answers(200, RUNNING);

        Message answer = caller.send("direct:inspect-connector", exchange -> {}).getMessage();

        assertThat(answer.getBody()).isEqualTo(RUNNING);
        assertThat(connector.call().getState()).isEqualTo(HealthCheck.State.UP);
    }

    @Test
    void aConnectorThatKafkaConnectDoesNotKnowIsNoLongerRegistered() {
        connector.accepted();
        answers(404, "{\"message\":\"No status found\"}");

        Message answer = caller.send("direct:inspect-connector", exchange -> {}).getMessage();

        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(404);
        assertThat(connector.isRegistered()).isFalse();
    }

    @Test
    void aStatusThatKafkaConnectRefusesIsNotReadyButStaysRegistered() {
        connector.accepted();
        answers(500, "{\"message\":\"Rebalancing\"}");

        caller.send("direct:inspect-connector", exchange -> {});

        assertThat(connector.isRegistered()).isTrue();
        assertDown("Kafka Connect answered 500: Rebalancing");
    }

    @Test
    void aStatusRequestSendsNothingOfTheCallers() throws Exception {
        kafkaConnect.expectedMessageCount(1);

        caller.send(
                "direct:inspect-connector",
                exchange -> exchange.getMessage()
                        .setHeaders(new HashMap<>(Map.of("Authorization", "secret", Exchange.HTTP_PATH, "/other"))));

        kafkaConnect.assertIsSatisfied();
        assertThat(kafkaConnect.getExchanges().get(0).getMessage().getHeaders()).isEmpty();
    }

    @Test
    void aKafkaConnectThatIsUnreachableIsTheCallersToHandle() {
        kafkaConnect.whenAnyExchangeReceived(exchange -> {
            throw new ConnectException("Connection refused");
        });

        assertThat(caller.send("direct:register-connector", exchange -> {}).getException())
                .isInstanceOf(ConnectException.class);
        assertThat(caller.send("direct:inspect-connector", exchange -> {}).getException())
                .isInstanceOf(ConnectException.class);
    }

    private void answers(int status, String body) {
        kafkaConnect.whenAnyExchangeReceived(exchange -> {
            exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, status);
            exchange.getMessage().setHeader("Server", "Jetty");
            exchange.getMessage().setBody(body);
        });
    }

    private void assertDown(String reason) {
        assertThat(connector.call().getMessage())
                .hasValueSatisfying(message -> assertThat(message).contains(reason));
    }
}
