package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.Application;
import io.cdccascade.invalidation.ChangeBatch;
import io.cdccascade.invalidation.DeadLetter;
import java.util.List;
import java.util.Set;
import org.apache.camel.BeanInject;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
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

    @EndpointInject("mock:invalidate")
    MockEndpoint invalidate;

    @EndpointInject("mock:dead-letters")
    MockEndpoint deadLetters;

    @EndpointInject("mock:commit")
    MockEndpoint commit;

    private ChangeBatch batch = new ChangeBatch(List.of(), Set.of(), List.of());

    @BeforeEach
    void putTheTestInPlaceOfTheServers() throws Exception {
        AdviceWith.adviceWith(context, "invalidate-entries", route -> {
            route.replaceFromWith("direct:changes");
            route.weaveById("read-changes").replace().process(exchange -> exchange.setVariable("batch", batch));
            route.weaveById("forget-table").replace().to(forget);
            route.weaveById("invalidate-rows").replace().to(invalidate);
            route.weaveById("commit-offsets").replace().to(commit);
        });
        AdviceWith.adviceWith(
                context,
                "bury",
                route -> route.weaveById("dead-letters").replace().to(deadLetters));
    }

    @Test
    void aBatchIsCommittedAfterRedisHasConfirmed() throws Exception {
        invalidate.expectedMessageCount(1);
        commit.expectedMessageCount(1);
        forget.expectedMessageCount(0);
        deadLetters.expectedMessageCount(0);

        Exchange done = kafka.send("direct:changes", exchange -> {});

        assertThat(done.getException()).isNull();
        MockEndpoint.assertIsSatisfied(invalidate, commit, forget, deadLetters);
    }

    @Test
    void aBatchThatFailsOnceIsTriedAgainAndCommittedOnce() throws Exception {
        invalidate.whenExchangeReceived(1, exchange -> {
            throw new RedisTimeoutException("Redis does not answer");
        });
        invalidate.expectedMessageCount(2);
        commit.expectedMessageCount(1);

        Exchange done = kafka.send("direct:changes", exchange -> {});

        assertThat(done.getException()).isNull();
        MockEndpoint.assertIsSatisfied(invalidate, commit);
    }

    @Test
    void aTableThatCannotBeTrustedIsForgotten() throws Exception {
        batch = new ChangeBatch(List.of(), Set.of("public.sinners"), List.of());
        forget.expectedBodiesReceived("public.sinners");
        commit.expectedMessageCount(1);

        kafka.send("direct:changes", exchange -> {});

        MockEndpoint.assertIsSatisfied(forget, commit);
    }

    @Test
    void anUnreadableRecordIsBuriedAsItWasWithItsCause() throws Exception {
        batch = new ChangeBatch(List.of(), Set.of(), List.of(LETTER));
        deadLetters.expectedMessageCount(1);
        commit.expectedMessageCount(1);

        kafka.send("direct:changes", exchange -> {});

        MockEndpoint.assertIsSatisfied(deadLetters, commit);
        Exchange letter = deadLetters.getExchanges().get(0);
        assertThat(letter.getMessage().getBody()).isEqualTo(LETTER.value());
        assertThat(letter.getMessage().getHeaders())
                .containsEntry("cascade-source", "cascade.public.sinners/0/7")
                .containsEntry("cascade-cause", "The value is not JSON");
    }

    @Test
    void aDeadLetterThatKafkaDoesNotTakeIsNotCommittedAway() throws Exception {
        batch = new ChangeBatch(List.of(), Set.of(), List.of(LETTER));
        deadLetters.whenExchangeReceived(1, exchange -> {
            throw new IllegalStateException("Kafka does not answer");
        });
        deadLetters.expectedMessageCount(2);
        commit.expectedMessageCount(1);

        kafka.send("direct:changes", exchange -> {});

        MockEndpoint.assertIsSatisfied(deadLetters, commit);
    }
}
