package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class SharedCallsTest {

    private final SharedCalls<String, String> calls = new SharedCalls<>(answer -> answer + " of another's");
    private final List<CompletableFuture<String>> asked = new ArrayList<>();
    private final Supplier<CompletableFuture<String>> question = () -> {
        CompletableFuture<String> answer = new CompletableFuture<>();
        asked.add(answer);
        return answer;
    };

    @Test
    void whoComesWhileAQuestionIsInFlightWaitsForTheNextOne() {
        CompletableFuture<String> first = calls.ask("key", question);
        CompletableFuture<String> second = calls.ask("key", question);
        CompletableFuture<String> third = calls.ask("key", question);
        assertThat(asked).hasSize(1);

        asked.get(0).complete("old");
        assertThat(first).isCompletedWithValue("old");
        assertThat(second).as("the answer may be older than this one's arrival").isNotDone();
        assertThat(asked).as("one question for both of them").hasSize(2);

        asked.get(1).complete("new");
        assertThat(second).isCompletedWithValue("new");
        assertThat(third).isCompletedWithValue("new of another's");
    }

    @Test
    void questionsOfDifferentKeysDoNotWaitForEachOther() {
        calls.ask("a", question);
        calls.ask("b", question);

        assertThat(asked).hasSize(2);
    }

    @Test
    void aQuestionThatFailsIsAskedAgainByTheNext() {
        CompletableFuture<String> first = calls.ask("key", question);
        CompletableFuture<String> second = calls.ask("key", question);

        asked.get(0).completeExceptionally(new IllegalStateException("broken"));
        assertThat(first).isCompletedExceptionally();
        asked.get(1).complete("fine");
        assertThat(second).isCompletedWithValue("fine");
    }

    @Test
    void aQuestionThatCannotBeAskedLeavesTheKeyFree() {
        CompletableFuture<String> first = calls.ask("key", () -> {
            throw new IllegalStateException("broken");
        });

        assertThat(first).isCompletedExceptionally();
        calls.ask("key", question);
        assertThat(asked).hasSize(1);
    }

    @Test
    void whenAllIsAnsweredTheNextAsksAtOnce() {
        calls.ask("key", question);
        asked.get(0).complete("old");
        calls.ask("key", question);

        assertThat(asked).hasSize(2);
    }
}
