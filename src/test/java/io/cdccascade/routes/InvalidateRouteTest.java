package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.Application;
import io.cdccascade.invalidation.BatchOffsets;
import io.cdccascade.invalidation.ChangeBatch;
import io.cdccascade.invalidation.DeadLetter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.camel.BeanInject;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.redisson.client.RedisTimeoutException;

/** The invalidation route: first Redis, then the dead letters, and the offsets last. */
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
            "camel.main.routes-include-pattern="
                    + "file:routes/beans.camel.yaml,file:routes/invalidate.camel.yaml,file:routes/errors.camel.yaml"
        })
class InvalidateRouteTest {

    private static final DeadLetter LETTER =
            new DeadLetter("cascade.public.sinners", 0, 7, null, "x".getBytes(), "The value is not JSON");

    @BeanInject
    CamelContext context;

    @BeanInject
    ProducerTemplate kafka;

    @EndpointInject("mock:forget")
    MockEndpoint forget;

    @EndpointInject("mock:fence")
    MockEndpoint fence;

    @EndpointInject("mock:dead-letters")
    MockEndpoint deadLetters;

    @EndpointInject("mock:commit")
    MockEndpoint commit;

    private final List<String> steps = new ArrayList<>();
    private List<DeadLetter> letters = List.of();

    @BeforeEach
    void putTheTestInPlaceOfTheServers() throws Exception {
        AdviceWith.adviceWith(context, "invalidate-entries", route -> {
            route.replaceFromWith("direct:changes");
            route.weaveById("read-changes")
                    .replace()
                    .process(exchange -> exchange.setVariable(
                            "changes", new ChangeBatch(List.of(), Set.of(), letters, BatchOffsets.of(List.of()))));
            route.weaveById("forget-tables").replace().to(forget).process(exchange -> steps.add("forget"));
            route.weaveById("refresh-entries").replace().process(exchange -> steps.add("refresh"));
            route.weaveById("fence-entries").replace().to(fence).process(exchange -> steps.add("fence"));
            route.weaveById("send-dead-letters")
                    .replace()
                    .to(deadLetters)
                    .process(exchange -> steps.add("dead-letters"));
            route.weaveById("commit-offsets").replace().to(commit).process(exchange -> steps.add("commit"));
        });
    }

    @Test
    void aBatchIsCommittedAfterRedisHasConfirmed() throws Exception {
        deadLetters.expectedMessageCount(0);

        Exchange done = kafka.send("direct:changes", exchange -> {});

        assertThat(done.getException()).isNull();
        assertThat(steps).containsExactly("forget", "refresh", "fence", "commit");
        deadLetters.assertIsSatisfied();
    }

    @Test
    void aBatchWithAnUnreadableRecordIsCommittedAfterTheRecordIsBuried() {
        letters = List.of(LETTER);

        kafka.send("direct:changes", exchange -> {});

        assertThat(steps).containsExactly("forget", "refresh", "fence", "dead-letters", "commit");
    }

    @Test
    void aBatchThatFailsOnceIsTriedAgainAndCommittedOnce() throws Exception {
        fence.whenExchangeReceived(1, exchange -> {
            throw new RedisTimeoutException("Redis does not answer");
        });
        fence.expectedMessageCount(2);
        commit.expectedMessageCount(1);

        Exchange done = kafka.send("direct:changes", exchange -> {});

        assertThat(done.getException()).isNull();
        MockEndpoint.assertIsSatisfied(fence, commit);
    }

    @Test
    void anUnreadableRecordIsBuriedAsItWasWithItsCause() throws Exception {
        letters = List.of(LETTER);
        deadLetters.expectedMessageCount(1);
        commit.expectedMessageCount(1);

        kafka.send("direct:changes", exchange -> {});

        MockEndpoint.assertIsSatisfied(deadLetters, commit);
        List<Message> sent = new ArrayList<>();
        deadLetters
                .getExchanges()
                .get(0)
                .getMessage()
                .getBody(Iterable.class)
                .forEach(letter -> sent.add((Message) letter));
        assertThat(sent).hasSize(1);
        assertThat(sent.get(0).getBody()).isEqualTo(LETTER.value());
        assertThat(sent.get(0).getHeaders())
                .containsEntry(KafkaConstants.OVERRIDE_TOPIC, "cascade.public.sinners.dlq")
                .containsEntry("cascade-source", "cascade.public.sinners/0/7")
                .containsEntry("cascade-cause", "The value is not JSON");
    }

    @Test
    void aDeadLetterThatKafkaDoesNotTakeIsNotCommittedAway() throws Exception {
        letters = List.of(LETTER);
        deadLetters.whenExchangeReceived(1, exchange -> {
            throw new IllegalStateException("Kafka does not answer");
        });
        deadLetters.expectedMessageCount(2);
        commit.expectedMessageCount(1);

        kafka.send("direct:changes", exchange -> {});

        MockEndpoint.assertIsSatisfied(deadLetters, commit);
    }
}
