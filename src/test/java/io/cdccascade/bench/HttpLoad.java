package io.cdccascade.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/**
 * Sends requests over kept-alive connections, on each connection one after another. One thread serves them all, because
 * on a small machine whatever the client burns is missing to the server.
 */
final class HttpLoad {

    private static final long HIGHEST_MICROS = 120_000_000;
    private static final long LOOK_MILLIS = 20;

    private final InetSocketAddress address;
    private final int connections;
    private final Supplier<byte[]> requests;
    private final int status;
    private final String cacheStatus;
    private final Duration pause;

    private final Histogram micros = new Histogram(HIGHEST_MICROS, 3);
    private final Queue<HttpConnection> paused = new ArrayDeque<>();
    private final Map<String, Long> unlike = new TreeMap<>();
    private Selector selector;
    private int inFlight;
    private long failed;
    private String failure;

    /**
     * @param requests    what to send next, whole, with its headers
     * @param status      the status that every answer should have
     * @param cacheStatus what its Cache-Status should contain if it has one; null if that does not matter
     * @param pause       how long a connection rests between an answer and the next request
     */
    HttpLoad(
            InetSocketAddress address,
            int connections,
            Supplier<byte[]> requests,
            int status,
            String cacheStatus,
            Duration pause) {
        this.address = address;
        this.connections = connections;
        this.requests = requests;
        this.status = status;
        this.cacheStatus = cacheStatus;
        this.pause = pause;
    }

    /** Sends for so long, then waits for what is in flight. To be called once. */
    Load run(Duration duration, Duration patience) {
        long end = System.nanoTime() + duration.toNanos();
        return run(() -> System.nanoTime() < end, patience);
    }

    /**
     * Sends as long as it is told to, then waits for what is in flight. To be called once.
     *
     * @param patience how long it waits then; what is unanswered after that has failed. With zero it is cut off at once
     *                 and does not count
     */
    Load run(BooleanSupplier goOn, Duration patience) {
        long start = System.nanoTime();
        try (Selector opened = Selector.open()) {
            selector = opened;
            try {
                for (int i = 0; i < connections; i++) {
                    send(HttpConnection.open(address, selector));
                }
                long lastSent = System.nanoTime();
                boolean going = true;
                while (going ? inFlight > 0 || !paused.isEmpty() : inFlight > 0) {
                    selector.select(key -> receive((HttpConnection) key.attachment(), goOn), LOOK_MILLIS);
                    going = goOn.getAsBoolean();
                    long now = System.nanoTime();
                    if (going) {
                        lastSent = now;
                        while (!paused.isEmpty() && paused.peek().resumeAt() <= now) {
                            send(paused.remove());
                        }
                    } else if (now - lastSent > patience.toNanos()) {
                        for (int i = patience.isZero() ? 0 : inFlight; i > 0; i--) {
                            fail("no answer within " + patience);
                        }
                        break;
                    }
                }
                return new Load((System.nanoTime() - start) / 1e9, micros, failed, unlike, failure);
            } finally {
                for (SelectionKey key : selector.keys()) {
                    ((HttpConnection) key.attachment()).close();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void send(HttpConnection connection) throws IOException {
        connection.send(requests.get());
        inFlight++;
    }

    private void receive(HttpConnection connection, BooleanSupplier goOn) {
        try {
            HttpConnection next = connection;
            try {
                if (!connection.read()) {
                    return;
                }
                inFlight--;
                count(connection);
            } catch (IOException e) {
                inFlight--;
                fail(e.toString());
                connection.close();
                next = HttpConnection.open(address, selector);
            }
            if (!pause.isZero()) {
                next.resumeAt(System.nanoTime() + pause.toNanos());
                paused.add(next);
            } else if (goOn.getAsBoolean()) {
                send(next);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void count(HttpConnection connection) {
        if (connection.status() != status) {
            fail("status " + connection.status());
            return;
        }
        micros.recordValue(Math.min(HIGHEST_MICROS, (System.nanoTime() - connection.sentAt()) / 1_000));
        if (cacheStatus != null) {
            String seen = connection.header("Cache-Status");
            if (seen != null && !seen.contains(cacheStatus)) {
                unlike.merge(seen, 1L, Long::sum);
            }
        }
    }

    private void fail(String reason) {
        failed++;
        if (failure == null) {
            failure = reason;
        }
    }
}
