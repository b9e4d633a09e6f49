package io.cdccascade.component;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.cdccascade.invalidation.EarlyFences;
import io.cdccascade.table.SampleTables;
import io.cdccascade.table.ServedTables;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.DefaultMessage;
import org.junit.jupiter.api.Test;

/** What the step that fences early does when Redis answers late, badly, or not at all. */
class FenceEarlyStepTest {

    private final Exchange exchange = new DefaultExchange(new DefaultCamelContext());
    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final List<CompletableFuture<Boolean>> calls = new ArrayList<>();
    private final EarlyFences early =
            new EarlyFences(() -> new ServedTables(List.of(SampleTables.sinners()), List.of(), Set.of()));
    private final FenceEarlyStep step = new FenceEarlyStep(early, fence -> call(), meters);

    @Test
    void nobodyWaitsForRedisAndNoMoreThanSixtyFourCallsAreOnTheirWay() {
        for (int batch = 0; batch < 5; batch++) {
            process(16);
        }
        assertThat(calls).hasSize(64);
        assertThat(count("skipped")).isEqualTo(16);

        calls.get(0).complete(true);
        calls.get(1).complete(false);
        calls.get(2).completeExceptionally(new IllegalStateException("no Redis"));
        assertThat(count("confirmed")).isEqualTo(1);
        assertThat(count("failed")).isEqualTo(2);

        process(16);
        assertThat(calls).hasSize(67);
    }

    @Test
    void aBatchThatIsNotSmallIsSkipped() {
        process(17);

        assertThat(calls).isEmpty();
        assertThat(count("skipped")).isEqualTo(1);
    }

    @Test
    void whateverGoesWrongIsOnlyCounted() {
        FenceEarlyStep broken = new FenceEarlyStep(
                early,
                fence -> {
                    throw new IllegalStateException("closed");
                },
                meters);
        exchange.getMessage().setBody(batch(1));

        for (int i = 0; i < 100; i++) {
            assertThatCode(() -> broken.process(exchange)).doesNotThrowAnyException();
        }
        exchange.getMessage().setBody("no batch");
        assertThatCode(() -> broken.process(exchange)).doesNotThrowAnyException();

        assertThat(count("failed")).isEqualTo(101);
        assertThat(count("skipped")).isZero();
    }

    private CompletableFuture<Boolean> call() {
        calls.add(new CompletableFuture<>());
        return calls.get(calls.size() - 1);
    }

    private void process(int records) {
        exchange.getMessage().setBody(batch(records));
        step.process(exchange);
    }

    private double count(String result) {
        return meters.counter("cascade.early.fences", "result", result).count();
    }

    private List<Message> batch(int records) {
        return IntStream.range(0, records).mapToObj(this::change).toList();
    }

    private Message change(int code) {
        Message message = new DefaultMessage(exchange.getContext());
        message.setHeader(KafkaConstants.KEY, bytes("{\"code\":" + code + "}"));
        message.setBody(bytes(
                "{\"op\":\"u\",\"source\":{\"schema\":\"public\",\"table\":\"sinners\",\"txId\":731,\"lsn\":7310}}"));
        return message;
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }
}
