package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.Application;
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
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The connector under /observe: the caller gets Kafka Connect's answer, but no header of it and none of his own. */
@CamelMainTest(
        mainClass = Application.class,
        propertyPlaceholderLocations = "file:application.properties",
        replaceRouteFromWith = {
            "watch-connector=direct:tick",
            "get-connector=direct:get-connector",
            "put-connector=direct:put-connector",
            "post-connector-restart=direct:post-connector-restart"
        },
        properties = {
            "camel.server.enabled=false",
            "camel.management.enabled=false",
            "cascade.api.port=0",
            "cascade.postgres.host=127.0.0.1",
            "cascade.redis.host=127.0.0.1",
            "cascade.kafka.brokers=127.0.0.1:1",
            "cascade.capture.mode=connect",
            "camel.main.routes-include-pattern="
                    + "file:routes/beans.camel.yaml,file:routes/connector-api.camel.yaml,file:routes/connector-requests.camel.yaml,file:routes/connector.camel.yaml"
        })
class ConnectorApiRoutesTest {

    @BeanInject
    CamelContext context;

    @BeanInject
    ProducerTemplate caller;

    @EndpointInject("mock:kafka-connect")
    MockEndpoint kafkaConnect;

    @BeforeEach
    void putTheTestInPlaceOfKafkaConnect() throws Exception {
        AdviceWith.adviceWith(context, "register-connector", route -> {
            route.weaveById("configure").replace().setBody().constant("{}");
            route.weaveById("put-config").replace().to(kafkaConnect);
        });
        AdviceWith.adviceWith(
                context,
                "inspect-connector",
                route -> route.weaveById("get-status").replace().to(kafkaConnect));
        AdviceWith.adviceWith(
                context,
                "restart-connector",
                route -> route.weaveById("post-restart").replace().to(kafkaConnect));
    }

    @Test
    void theStatusIsAnsweredAsKafkaConnectReportsIt() {
        answers(404, "{\"message\":\"No status found\"}");

        Message answer = ask("get-connector");

        assertThat(answer.getBody()).isEqualTo("{\"message\":\"No status found\"}");
        assertThat(answer.getHeaders())
                .containsOnly(
                        Map.entry(Exchange.HTTP_RESPONSE_CODE, 404),
                        Map.entry(Exchange.CONTENT_TYPE, "application/json"));
    }

    @Test
    void aRegistrationIsAnsweredWithoutContent() {
        answers(200, "{\"config\":{\"database.password\":\"secret\"}}");

        Message answer = ask("put-connector");

        assertThat(answer.getBody()).isEqualTo("");
        assertThat(answer.getHeaders()).containsOnlyKeys(Exchange.HTTP_RESPONSE_CODE);
        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE, int.class)).isEqualTo(204);
    }

    @Test
    void aRestartIsAnsweredAsKafkaConnectReportsIt() {
        answers(202, "{\"name\":\"cascade\"}");

        Message answer = ask("post-connector-restart");

        assertThat(answer.getBody()).isEqualTo("{\"name\":\"cascade\"}");
        assertThat(answer.getHeaders())
                .containsOnly(
                        Map.entry(Exchange.HTTP_RESPONSE_CODE, 202),
                        Map.entry(Exchange.CONTENT_TYPE, "application/json"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"get-connector", "put-connector", "post-connector-restart"})
    void aKafkaConnectThatCannotBeAskedIsAProblemOfOurs(String route) {
        kafkaConnect.whenAnyExchangeReceived(exchange -> {
            throw new ConnectException("secret.host:8083 refused");
        });

        Message answer = ask(route);

        assertThat(answer.getHeaders())
                .containsOnlyKeys(Exchange.HTTP_RESPONSE_CODE, Exchange.CONTENT_TYPE)
                .containsEntry(Exchange.CONTENT_TYPE, "application/problem+json");
        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE, int.class)).isEqualTo(503);
        assertThat(answer.getBody(String.class)).contains("\"status\":503").doesNotContain("secret");
    }

    private void answers(int status, String body) {
        kafkaConnect.whenAnyExchangeReceived(exchange -> {
            exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, status);
            exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "application/json");
            exchange.getMessage().setHeader("Server", "Jetty");
            exchange.getMessage().setBody(body);
        });
    }

    private Message ask(String route) {
        Exchange done = caller.send(
                "direct:" + route,
                exchange -> exchange.getMessage()
                        .setHeaders(new HashMap<>(Map.of("Authorization", "secret", "Accept", "*/*"))));
        assertThat(done.getException()).isNull();
        return done.getMessage();
    }
}
