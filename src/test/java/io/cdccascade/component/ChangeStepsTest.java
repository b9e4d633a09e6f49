package io.cdccascade.component;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.cdccascade.invalidation.BatchOffsets;
import io.cdccascade.invalidation.ChangeBatch;
import io.cdccascade.invalidation.DeadLetter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

/** What the steps of invalidation do that need no server. */
class ChangeStepsTest {

    private static final DeadLetter LETTER =
            new DeadLetter("cascade.public.sinners", 0, 7, null, "x".getBytes(), "The value is not JSON");

    private final Exchange exchange = new DefaultExchange(new DefaultCamelContext());

    @Test
    void aStepWithoutChangesNamesTheStepThatReadsThem() {
        assertThatIllegalStateException()
                .isThrownBy(() -> new CommitStep(offsets -> {}).process(exchange))
                .withMessageContaining("cascade:read-changes");
    }

    @Test
    void aDeadLetterCanBeSentAgainAfterTheProducerHasTakenItsTopic() {
        exchange.setVariable(
                "changes", new ChangeBatch(List.of(), Set.of(), List.of(LETTER), BatchOffsets.of(List.of())));

        new DeadLettersStep().process(exchange);

        letters().forEach(letter -> letter.removeHeader(KafkaConstants.OVERRIDE_TOPIC));
        assertThat(letters()).singleElement().satisfies(letter -> {
            assertThat(letter.getBody()).isEqualTo(LETTER.value());
            assertThat(letter.getHeaders())
                    .containsExactlyInAnyOrderEntriesOf(Map.of(
                            KafkaConstants.OVERRIDE_TOPIC,
                            "cascade.public.sinners.dlq",
                            "cascade-source",
                            "cascade.public.sinners/0/7",
                            "cascade-cause",
                            "The value is not JSON"));
        });
    }

    private List<Message> letters() {
        List<Message> letters = new ArrayList<>();
        exchange.getMessage().getBody(Iterable.class).forEach(letter -> letters.add((Message) letter));
        return letters;
    }
}
