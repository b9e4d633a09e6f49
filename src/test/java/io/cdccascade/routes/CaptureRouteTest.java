package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.Application;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.camel.BeanInject;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Produce;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.support.DefaultMessage;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The capture route: whatever fails in it has to reach the consumer, which then reads the log again. */
@CamelMainTest(
        mainClass = Application.class,
        propertyPlaceholderLocations = "file:application.properties",
        replaceRouteFromWith = "capture=direct:batch",
        properties = {
            "camel.server.enabled=false",
            "camel.management.enabled=false",
            "cascade.api.port=0",
            "cascade.postgres.host=127.0.0.1",
            "cascade.redis.host=127.0.0.1",
            "cascade.kafka.brokers=127.0.0.1:1",
            "camel.main.routes-include-pattern=" + "file:routes/beans.camel.yaml,file:routes/capture.camel.yaml"
        })
class CaptureRouteTest {

    @BeanInject
    CamelContext context;

    @Produce("direct:batch")
    ProducerTemplate debezium;

    @EndpointInject("mock:kafka")
    MockEndpoint kafka;

    @EndpointInject("mock:redis")
    MockEndpoint redis;

    @BeforeEach
    void putTheTestInPlaceOfKafka() throws Exception {
        AdviceWith.adviceWith(
                context,
                "capture",
                route -> route.weaveById("publish-changes").replace().to(kafka));
    }

    @Test
    void aBatchIsPublishedAsItComes() throws Exception {
        kafka.expectedBodiesReceived("batch");

        Exchange done = debezium.send(exchange -> exchange.getMessage().setBody("batch"));

        assertThat(done.getException()).isNull();
        kafka.assertIsSatisfied();
    }

    @Test
    void aBatchIsFencedBeforeItIsPublished() throws Exception {
        AdviceWith.adviceWith(
                context,
                "capture",
                route -> route.weaveById("fence-early").replace().to(redis));
        redis.expectedBodiesReceived("batch");
        kafka.expectedBodiesReceived("batch");
        kafka.whenAnyExchangeReceived(
                exchange -> assertThat(redis.getReceivedCounter()).isEqualTo(1));

        Exchange done = debezium.send(exchange -> exchange.getMessage().setBody("batch"));

        assertThat(done.getException()).isNull();
        MockEndpoint.assertIsSatisfied(redis, kafka);
    }

    @Test
    void theStepThatFencesMayBeDeleted() throws Exception {
        AdviceWith.adviceWith(
                context, "capture", route -> route.weaveById("early").remove());
        kafka.expectedBodiesReceived("batch");

        Exchange done = debezium.send(exchange -> exchange.getMessage().setBody("batch"));

        assertThat(done.getException()).isNull();
        kafka.assertIsSatisfied();
    }

    @Test
    void aBatchThatCannotBeReadIsPublishedAllTheSame() throws Exception {
        Message broken = new DefaultMessage(context);
        broken.setBody("{\"op\":".getBytes(StandardCharsets.UTF_8));
        for (Object batch : List.of("no batch", List.of("no record"), List.of(broken))) {
            kafka.reset();
            kafka.expectedBodiesReceived(batch);

            Exchange done = debezium.send(exchange -> exchange.getMessage().setBody(batch));

            assertThat(done.getException()).isNull();
            kafka.assertIsSatisfied();
        }
    }

    @Test
    void aBatchThatKafkaDoesNotTakeFailsAtOnceAndUnhandled() throws Exception {
        kafka.whenAnyExchangeReceived(exchange -> {
            throw new TimeoutException("Kafka does not answer");
        });
        kafka.expectedMessageCount(1);

        Exchange done = debezium.send(exchange -> exchange.getMessage().setBody("batch"));

        assertThat(done.getException()).isInstanceOf(TimeoutException.class);
        kafka.assertIsSatisfied();
    }
}
