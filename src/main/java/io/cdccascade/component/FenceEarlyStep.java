package io.cdccascade.component;

import io.cdccascade.cache.Fence;
import io.cdccascade.invalidation.EarlyFences;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code cascade:fence-early}: starts to fence the entries that the batch in the body touches, and does not wait for Redis.
 * The body is that of the capture route, an {@code Iterable} of messages.
 *
 * <p>Never fails: the changes are applied from Kafka all the same. Counts
 * {@code cascade.early.fences} by {@code result}: {@code confirmed}, {@code failed}, and {@code skipped}, which is a batch
 * that is too large or a fence beyond those that may be in flight.
 */
final class FenceEarlyStep implements Processor {

    private static final Logger LOG = LoggerFactory.getLogger(FenceEarlyStep.class);
    private static final int MAX_IN_FLIGHT = 64;

    private final EarlyFences early;
    private final Function<Fence, CompletableFuture<Boolean>> cache;
    private final Counter confirmed;
    private final Counter failed;
    private final Counter skipped;
    private final Semaphore free = new Semaphore(MAX_IN_FLIGHT);

    /** @param cache starts to fence an entry and returns at once; the result says whether Redis has confirmed */
    FenceEarlyStep(EarlyFences early, Function<Fence, CompletableFuture<Boolean>> cache, MeterRegistry meters) {
        this.early = early;
        this.cache = cache;
        this.confirmed = counter(meters, "confirmed");
        this.failed = counter(meters, "failed");
        this.skipped = counter(meters, "skipped");
    }

    private static Counter counter(MeterRegistry meters, String result) {
        return meters.counter("cascade.early.fences", "result", result);
    }

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) {
        try {
            Optional<List<Fence>> fences =
                    early.of((Iterable<Message>) exchange.getMessage().getBody());
            fences.ifPresentOrElse(all -> all.forEach(this::start), skipped::increment);
        } catch (RuntimeException e) {
            LOG.debug("A batch could not be fenced early", e);
            failed.increment();
        }
    }

    private void start(Fence fence) {
        if (!free.tryAcquire()) {
            skipped.increment();
            return;
        }
        CompletableFuture<Boolean> call;
        try {
            call = cache.apply(fence);
        } catch (RuntimeException e) {
            free.release();
            throw e;
        }
        call.whenComplete((done, failure) -> {
            free.release();
            if (Boolean.TRUE.equals(done)) {
                confirmed.increment();
            } else {
                LOG.debug("{} could not be fenced early", fence.key(), failure);
                failed.increment();
            }
        });
    }
}
