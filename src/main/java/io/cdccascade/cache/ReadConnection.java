package io.cdccascade.cache;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.netty.channel.EventLoop;
import java.time.Duration;
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
    private static final int LONGEST_QUEUE = 50_000;
    private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final EventLoop loop;
    private final CircuitBreaker breaker;
    private final RedisSettings settings;
    private final ClientResources resources;
    private final RedisClient client;
    private final FunctionLibrary library = new FunctionLibrary(Script.COMMON);
    private final CompletableFuture<Void> connected = new CompletableFuture<>();

    // Only the loop touches these.
    private StatefulRedisConnection<byte[], byte[]> connection;
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
        this.resources = ClientResources.builder()
                .eventLoopGroupProvider(new OneLoop(loop))
                .computationThreadPoolSize(2)
                .reconnectDelay(
                        Delay.equalJitter(Duration.ofMillis(50), Duration.ofSeconds(1), 2, TimeUnit.MILLISECONDS))
                .build();
        this.client = RedisClient.create(resources, uri(settings));
        client.setOptions(ClientOptions.builder()
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(LONGEST_QUEUE)
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(Duration.ofMillis(settings.writeTimeoutMillis()))
                        .build())
                .build());
        loop.execute(this::connect);
    }

    private static RedisURI uri(RedisSettings settings) {
        RedisURI.Builder uri = RedisURI.builder()
                .withHost(settings.host())
                .withPort(settings.port())
                .withTimeout(Duration.ofMillis(settings.writeTimeoutMillis()));
        return settings.hasPassword()
                ? uri.withPassword(settings.password().toCharArray()).build()
                : uri.build();
    }

    private void connect() {
        client.connectAsync(ByteArrayCodec.INSTANCE, uri(settings)).whenCompleteAsync(this::connected, loop);
    }

    private void connected(StatefulRedisConnection<byte[], byte[]> made, Throwable failure) {
        if (closed) {
            if (made != null) {
                made.closeAsync();
            }
        } else if (failure != null) {
            LOG.debug("Redis at {} cannot be reached yet", settings, failure);
            loop.schedule(this::connect, RECONNECT_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            made.setAutoFlushCommands(false);
            connection = made;
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

    /** A call that is on its way: what Redis answers, whenever it does, and what comes of it within the time limit. */
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
        });
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
            }
        }
    }

    private CompletionStage<List<Object>> send(Script script, byte[][] keys, byte[][] arguments) {
        if (connection == null) {
            return CompletableFuture.failedFuture(new RedisException("Not yet connected to Redis"));
        }
        return scriptsOnly ? sendScript(script, keys, arguments) : sendFunction(script, keys, arguments, true);
    }

    private CompletionStage<List<Object>> sendFunction(
            Script script, byte[][] keys, byte[][] arguments, boolean mayLoad) {
        RedisFuture<List<Object>> call =
                connection.async().fcall(library.functionOf(script), ScriptOutputType.MULTI, keys, arguments);
        flushSoon();
        CompletableFuture<List<Object>> result = new CompletableFuture<>();
        call.whenComplete((answer, failure) -> {
            if (failure == null) {
                result.complete(answer);
            } else if (mayLoad && says(failure, "Function not found")) {
                load().thenCompose(loaded -> loaded
                                ? sendFunction(script, keys, arguments, false)
                                : sendScript(script, keys, arguments))
                        .whenComplete((answered, failed) -> complete(result, answered, failed));
            } else if (refused(failure)) {
                useScripts(failure);
                sendScript(script, keys, arguments)
                        .whenComplete((answered, failed) -> complete(result, answered, failed));
            } else {
                result.completeExceptionally(failure);
            }
        });
        return result;
    }

    /** Whether Redis has the library now. A Redis that is out of memory takes none, but runs scripts. */
    private CompletionStage<Boolean> load() {
        RedisFuture<String> load = connection.async().functionLoad(library.code(), true);
        flushSoon();
        return load.handle((name, failure) -> {
            if (failure == null) {
                LOG.debug("Redis at {} was given the function library {}", settings, name);
            } else if (refused(failure)) {
                useScripts(failure);
            } else {
                LOG.debug("Redis at {} did not take the function library", settings, failure);
            }
            return failure == null;
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
                connection.async().evalsha(script.digest(), ScriptOutputType.MULTI, keys, arguments);
        flushSoon();
        CompletableFuture<List<Object>> result = new CompletableFuture<>();
        call.whenComplete((answer, failure) -> {
            if (failure != null && says(failure, "NOSCRIPT")) {
                RedisFuture<List<Object>> whole =
                        connection.async().eval(script.source(), ScriptOutputType.MULTI, keys, arguments);
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
                if (connection != null) {
                    connection.flushCommands();
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
            if (connection != null) {
                connection.closeAsync();
            }
        });
        client.shutdownAsync(0, 1, TimeUnit.SECONDS)
                .whenComplete((done, failure) -> resources.shutdown(0, 1, TimeUnit.SECONDS));
    }
}
