package io.cdccascade.cache;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The readers' connection to Redis, on the event loop that serves HTTP: a question and its answer change no thread, and
 * what one turn of the loop asks goes out in one write.
 *
 * <p>It calls the functions of {@link FunctionLibrary}, which it loads where Redis lacks them, and scripts by their digest
 * where Redis does not let it ({@code NOPERM}). Every call has a time limit and goes through the one circuit breaker of
 * Redis; neither blocks anybody. May be used from any thread.
 */
final class ReadConnection implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReadConnection.class);
    private static final long RECONNECT_MILLIS = 250;
    private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final EventLoop loop;
    private final CircuitBreaker breaker;
    private final RedisSettings settings;
    private final LettuceClient client;
    private final ServerAdvice advice;
    private final FunctionLibrary library = new FunctionLibrary(Script.COMMON);
    private final CompletableFuture<Void> connected = new CompletableFuture<>();

    // Only the loop touches these.
    private LettuceClient.Link link;
    private boolean flushing;
    private final Map<Long, List<CompletableFuture<List<Object>>>> limits = new HashMap<>();
    private boolean scriptsOnly;
    private volatile boolean closed;

    /**
     * Connects in the background, again and again while Redis cannot be reached.
     *
     * @param loop    where the connection lives
     * @param breaker decides whether a question is asked, and learns from its answer
     */
    ReadConnection(EventLoop loop, RedisSettings settings, CircuitBreaker breaker) {
        this.loop = loop;
        this.settings = settings;
        this.breaker = breaker;
        this.client = new LettuceClient(loop, settings);
        this.advice = new ServerAdvice(settings);
        loop.execute(this::connect);
    }

    private void connect() {
        client.connect().whenCompleteAsync(this::connected, loop);
    }

    private void connected(LettuceClient.Link made, Throwable failure) {
        if (closed) {
            if (made != null) {
                made.close();
            }
        } else if (failure != null) {
            LOG.debug("Redis at {} cannot be reached yet", settings, failure);
            advice.failed(failure);
            loop.schedule(this::connect, RECONNECT_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            link = made;
            advice.ask(made, loop, this::flushSoon);
            connected.complete(null);
        }
    }

    /** Done once the first connection stands. */
    CompletableFuture<Void> ready() {
        return connected;
    }

    EventLoop loop() {
        return loop;
    }

    /** A call that is on its way: what Redis answers, however late, and what is known within the time limit. */
    record Call(CompletableFuture<List<Object>> reply, CompletableFuture<List<Object>> inTime) {}

    /**
     * Calls a function, or script. Neither part of the result is completed by the calling thread unless that is the loop.
     *
     * @param timeoutMillis how long to wait; at most {@link RedisSettings#readTimeoutMillis()} makes sense
     */
    Call call(Script script, long timeoutMillis, byte[][] keys, byte[]... arguments) {
        CompletableFuture<List<Object>> reply = new CompletableFuture<>();
        CompletableFuture<List<Object>> inTime = new CompletableFuture<>();
        if (!breaker.tryAcquirePermission()) {
            RuntimeException refused = CallNotPermittedException.createCallNotPermittedException(breaker);
            reply.completeExceptionally(refused);
            inTime.completeExceptionally(refused);
        } else if (loop.inEventLoop()) {
            start(script, timeoutMillis, keys, arguments, reply, inTime);
        } else {
            loop.execute(() -> start(script, timeoutMillis, keys, arguments, reply, inTime));
        }
        return new Call(reply, inTime);
    }

    private void start(
            Script script,
            long timeoutMillis,
            byte[][] keys,
            byte[][] arguments,
            CompletableFuture<List<Object>> reply,
            CompletableFuture<List<Object>> inTime) {
        long start = System.nanoTime();
        limits.computeIfAbsent(timeoutMillis, limit -> new ArrayList<>()).add(inTime);
        flushSoon();
        send(script, keys, arguments).whenComplete((answer, failure) -> {
            if (loop.inEventLoop()) {
                end(start, answer, failure, reply, inTime);
            } else {
                // A connection to a node that has left the cluster is closed by another thread.
                loop.execute(() -> end(start, answer, failure, reply, inTime));
            }
        });
    }

    private void end(
            long start,
            List<Object> answer,
            Throwable failure,
            CompletableFuture<List<Object>> reply,
            CompletableFuture<List<Object>> inTime) {
        Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
        if (!inTime.isDone()) {
            long took = System.nanoTime() - start;
            // An error that Redis itself reports, such as being out of memory, is an answer.
            if (cause == null || cause instanceof RedisCommandExecutionException) {
                breaker.onSuccess(took, TimeUnit.NANOSECONDS);
            } else {
                breaker.onError(took, TimeUnit.NANOSECONDS, cause);
            }
        }
        complete(reply, answer, cause);
        complete(inTime, answer, cause);
    }

    /**
     * Starts the clock of what has just been sent. Not before: while the loop is busy elsewhere, nobody waits for Redis. One
     * timer for all of a turn, never cancelled, costs less than one for each.
     */
    private void startClock(long timeoutMillis, List<CompletableFuture<List<Object>>> sent) {
        long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        loop.schedule(() -> timeOut(timeoutMillis, due, sent), timeoutMillis, TimeUnit.MILLISECONDS);
    }

    private void timeOut(long timeoutMillis, long due, List<CompletableFuture<List<Object>>> sent) {
        if (System.nanoTime() - due > LATE_NANOS) {
            // It was this process that stood still; what Redis has answered meanwhile is read first.
            startClock(1, sent);
            return;
        }
        for (CompletableFuture<List<Object>> inTime : sent) {
            if (!inTime.isDone()) {
                TimeoutException late = new TimeoutException("Redis did not answer in time");
                breaker.onError(timeoutMillis, TimeUnit.MILLISECONDS, late);
                inTime.completeExceptionally(late);
                client.suspect();
            }
        }
    }

    private CompletionStage<List<Object>> send(Script script, byte[][] keys, byte[][] arguments) {
        if (link == null) {
            return CompletableFuture.failedFuture(new RedisException("Not yet connected to Redis"));
        }
        return scriptsOnly ? sendScript(script, keys, arguments) : sendFunction(script, keys, arguments);
    }

    private CompletionStage<List<Object>> sendFunction(Script script, byte[][] keys, byte[][] arguments) {
        RedisFuture<List<Object>> call =
                link.commands().fcall(library.functionOf(script), ScriptOutputType.MULTI, keys, arguments);
        flushSoon();
        CompletableFuture<List<Object>> result = new CompletableFuture<>();
        call.whenComplete((answer, failure) -> {
            if (failure == null) {
                result.complete(answer);
            } else if (says(failure, "Function not found") || refused(failure)) {
                if (refused(failure)) {
                    useScripts(failure);
                } else {
                    link.masters().forEach(master -> master.thenAcceptAsync(this::load, loop));
                }
                sendScript(script, keys, arguments)
                        .whenComplete((answered, failed) -> complete(result, answered, failed));
            } else {
                result.completeExceptionally(failure);
            }
        });
        return result;
    }

    /** Gives a server the library, for later calls. A Redis that is out of memory takes none, but runs scripts. */
    private void load(RedisClusterAsyncCommands<byte[], byte[]> server) {
        RedisFuture<String> load = server.functionLoad(library.code(), true);
        flushSoon();
        load.whenComplete((name, failure) -> {
            if (failure == null) {
                LOG.debug("Redis at {} was given the function library {}", settings, name);
            } else if (refused(failure)) {
                useScripts(failure);
            } else {
                LOG.debug("Redis at {} did not take the function library", settings, failure);
            }
        });
    }

    private void useScripts(Throwable why) {
        if (!scriptsOnly) {
            scriptsOnly = true;
            LOG.info(
                    "Redis at {} does not let this user call functions; scripts are called instead: {}",
                    settings,
                    why.getMessage());
        }
    }

    private CompletionStage<List<Object>> sendScript(Script script, byte[][] keys, byte[][] arguments) {
        RedisFuture<List<Object>> call =
                link.commands().evalsha(script.digest(), ScriptOutputType.MULTI, keys, arguments);
        flushSoon();
        CompletableFuture<List<Object>> result = new CompletableFuture<>();
        call.whenComplete((answer, failure) -> {
            if (failure != null && says(failure, "NOSCRIPT")) {
                RedisFuture<List<Object>> whole =
                        link.commands().eval(script.source(), ScriptOutputType.MULTI, keys, arguments);
                flushSoon();
                whole.whenComplete((answered, failed) -> complete(result, answered, failed));
            } else {
                complete(result, answer, failure);
            }
        });
        return result;
    }

    private static <T> void complete(CompletableFuture<T> result, T answer, Throwable failure) {
        if (failure == null) {
            result.complete(answer);
        } else {
            result.completeExceptionally(failure);
        }
    }

    private static boolean refused(Throwable failure) {
        return says(failure, "NOPERM") || says(failure, "unknown command");
    }

    private static boolean says(Throwable failure, String text) {
        return failure.getMessage() != null && failure.getMessage().contains(text);
    }

    /** One write for all that this turn of the loop asks. */
    private void flushSoon() {
        if (!flushing) {
            flushing = true;
            loop.execute(() -> {
                flushing = false;
                if (link != null && !link.flushed()) {
                    link.connection().flushCommands();
                }
                limits.forEach(this::startClock);
                limits.clear();
            });
        }
    }

    @Override
    public void close() {
        closed = true;
        loop.execute(() -> {
            if (link != null) {
                link.close();
            }
        });
        client.close();
    }
}
