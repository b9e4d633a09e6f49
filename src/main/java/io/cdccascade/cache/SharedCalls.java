package io.cdccascade.cache;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Single flight: of many who ask the same question at one moment, one asks. Whoever comes while the question is in flight
 * waits for the next one, never for an answer that may be older than his own arrival.
 *
 * <p>Safe for use by many threads.
 *
 * @param <K> what is asked for
 * @param <V> the answer
 */
public final class SharedCalls<K, V> {

    /** A question in flight, and those who wait for the next one. */
    private static final class Flight<V> {
        private CompletableFuture<V> next;
        private Supplier<? extends CompletionStage<V>> nextCall;
    }

    private final Map<K, Flight<V>> flights = new HashMap<>();
    private final UnaryOperator<V> forOthers;

    /** @param forOthers what the answer means to those who share a question that another one has asked */
    public SharedCalls(UnaryOperator<V> forOthers) {
        this.forOthers = forOthers;
    }

    /**
     * Asks, or shares the next question.
     *
     * @param call asks; its answer must not be older than the moment it is called
     */
    public CompletableFuture<V> ask(K key, Supplier<? extends CompletionStage<V>> call) {
        Flight<V> mine;
        synchronized (this) {
            Flight<V> flight = flights.get(key);
            if (flight != null) {
                if (flight.next == null) {
                    flight.next = new CompletableFuture<>();
                    flight.nextCall = call;
                    return flight.next;
                }
                return flight.next.thenApply(forOthers);
            }
            mine = new Flight<>();
            flights.put(key, mine);
        }
        return start(key, mine, call, new CompletableFuture<>());
    }

    private CompletableFuture<V> start(
            K key, Flight<V> flight, Supplier<? extends CompletionStage<V>> call, CompletableFuture<V> answer) {
        CompletionStage<V> asked;
        try {
            asked = call.get();
        } catch (RuntimeException e) {
            asked = CompletableFuture.failedFuture(e);
        }
        asked.whenComplete((value, error) -> {
            startNext(key, flight);
            if (error == null) {
                answer.complete(value);
            } else {
                answer.completeExceptionally(error);
            }
        });
        return answer;
    }

    private void startNext(K key, Flight<V> flight) {
        Flight<V> next;
        synchronized (this) {
            if (flight.next == null) {
                flights.remove(key);
                return;
            }
            next = new Flight<>();
            flights.put(key, next);
        }
        start(key, next, flight.nextCall, flight.next);
    }
}
