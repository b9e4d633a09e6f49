package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.Application;
import io.cdccascade.capture.ConnectorConfig;
import io.cdccascade.capture.ConnectorHealth;
import java.net.ConnectException;
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

/** The watch over the connector: what it asks of Kafka Connect in which state, and that it never ends. */
@CamelMainTest(
        mainClass = Application.class,
        propertyPlaceholderLocations = "file:application.properties",
        replaceRouteFromWith = "watch-connector=direct:tick",
        properties = {
            "camel.server.enabled=false",
            "camel.management.enabled=false",
            "cascade.api.port=0",
            "cascade.postgres.host=127.0.0.1",
            "cascade.redis.host=127.0.0.1",
            "cascade.kafka.brokers=127.0.0.1:1",
            "cascade.capture.mode=connect",
            "camel.main.routes-include-pattern="
                    + "file:routes/beans.camel.yaml,file:routes/connector.camel.yaml,file:routes/connector-requests.camel.yaml"
        })
class ConnectorRoutesTest {

    private static final String FAILED =
            "{\"connector\":{\"state\":\"RUNNING\"},\"tasks\":[{\"id\":0,\"state\":\"FAILED\"}]}";

    /** Stands for the tables that are served, for which PostgreSQL would be asked. */
    public static final class OneTable {

        public String captured() {
            return "public\\.sinners";
        }
    }

    @BeanInject
    CamelContext context;

    @BeanInject
    ProducerTemplate timer;

    @BeanInject("connector")
    ConnectorHealth connector;

    @BeanInject("connectorConfig")
    ConnectorConfig config;

    @EndpointInject("mock:register")
    MockEndpoint register;

    @EndpointInject("mock:inspect")
    MockEndpoint inspect;

    @EndpointInject("mock:restart")
    MockEndpoint restart;

    @EndpointInject("mock:kafka-connect")
    MockEndpoint kafkaConnect;

    @BeforeEach
    void putTheTestInPlaceOfKafkaConnect() throws Exception {
        AdviceWith.adviceWith(context, "watch-connector", route -> {
            route.weaveById("to-register").replace().to(register);
            route.weaveById("to-inspect").replace().to(inspect);
            route.weaveById("to-restart").replace().to(restart);
        });
        AdviceWith.adviceWith(
                context,
                "restart-connector",
                route -> route.weaveById("post-restart").replace().to(kafkaConnect));
    }

    @Test
    void aConnectorThatIsNotRegisteredIsRegisteredAndThenInspected() throws Exception {
        register.whenAnyExchangeReceived(exchange -> connector.accepted());
        expect(1, 1, 0);

        tick();

        MockEndpoint.assertIsSatisfied(register, inspect, restart);
    }

    @Test
    void aConnectorThatKafkaConnectRefusesIsNotInspected() throws Exception {
        register.whenAnyExchangeReceived(exchange -> connector.refused(400, "{\"message\":\"Invalid value\"}"));
        expect(1, 0, 0);

        tick();

        MockEndpoint.assertIsSatisfied(register, inspect, restart);
    }

    @Test
    void aConnectorThatRunsIsOnlyInspected() throws Exception {
        connector.accepted();
        expect(0, 1, 0);

        tick();

        MockEndpoint.assertIsSatisfied(register, inspect, restart);
    }

    @Test
    void aConnectorThatHasFailedIsRestarted() throws Exception {
        connector.accepted();
        inspect.whenAnyExchangeReceived(exchange -> connector.observed(FAILED));
        expect(0, 1, 1);

        tick();

        MockEndpoint.assertIsSatisfied(register, inspect, restart);
    }

    @Test
    void aConnectorWithAnOlderConfigurationIsRegisteredAgain() throws Exception {
        context.getRegistry().unbind("tables");
        context.getRegistry().bind("tables", new OneTable());
        config.json();
        connector.accepted();
        context.getPropertiesComponent().addOverrideProperty("cascade.capture.slot", "another");
        expect(1, 0, 0);

        tick();

        MockEndpoint.assertIsSatisfied(register, inspect, restart);
    }

    @Test
    void aKafkaConnectThatCannotBeAskedIsAskedAgainAtTheNextTick() throws Exception {
        register.whenAnyExchangeReceived(exchange -> {
            throw new ConnectException("Connection refused");
        });
        expect(2, 0, 0);

        assertThat(tick().getException()).isNull();
        assertThat(connector.call().getMessage())
                .hasValueSatisfying(message -> assertThat(message).contains("Connection refused"));
        tick();

        MockEndpoint.assertIsSatisfied(register, inspect, restart);
    }

    @Test
    void aRestartSendsNothingOfTheCallersAndAnswersWithConnectsAnswer() throws Exception {
        kafkaConnect.expectedBodiesReceived("");
        kafkaConnect.whenAnyExchangeReceived(exchange -> {
            assertThat(exchange.getMessage().getHeaders()).isEmpty();
            exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, 202);
            exchange.getMessage().setBody("{\"name\":\"cascade\"}");
        });

        Exchange done = timer.send("direct:restart-connector", exchange -> {
            exchange.getMessage().setHeaders(Map.of("Authorization", "secret", Exchange.HTTP_PATH, "/other"));
            exchange.getMessage().setBody("{}");
        });

        kafkaConnect.assertIsSatisfied();
        assertThat(done.getException()).isNull();
        Message answer = done.getMessage();
        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(202);
        assertThat(answer.getBody()).isEqualTo("{\"name\":\"cascade\"}");
    }

    @Test
    void aRestartThatFailsIsTheCallersToHandle() {
        kafkaConnect.whenAnyExchangeReceived(exchange -> {
            throw new ConnectException("Connection refused");
        });

        Exchange done = timer.send("direct:restart-connector", exchange -> {});

        assertThat(done.getException()).isInstanceOf(ConnectException.class);
    }

    private void expect(int registrations, int inspections, int restarts) {
        register.expectedMessageCount(registrations);
        inspect.expectedMessageCount(inspections);
        restart.expectedMessageCount(restarts);
    }

    private Exchange tick() {
        return timer.send("direct:tick", exchange -> {});
    }
}
