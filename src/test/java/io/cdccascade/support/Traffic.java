package io.cdccascade.support;

import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** Callers that ask for the same paths again and again, and remember every answer that was not 200. */
public final class Traffic implements AutoCloseable {

    private static final int MORE = 50;

    private final CascadeSystem system;
    private final List<Thread> callers = new ArrayList<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong answers = new AtomicLong();
    private volatile boolean running = true;

    private Traffic(CascadeSystem system) {
        this.system = system;
    }

    /** Starts one caller for each path of the server. */
    public static Traffic of(CascadeSystem system, String... paths) {
        Traffic traffic = new Traffic(system);
        for (String path : paths) {
            Thread caller = new Thread(() -> traffic.call(path), "traffic " + path);
            traffic.callers.add(caller);
            caller.start();
        }
        return traffic;
    }

    /** Waits until some more requests have been answered. */
    public void awaitMore() {
        long before = answers.get();
        await().until(() -> answers.get() > before + MORE);
    }

    /** The answers that were not 200, and the requests that got none. */
    public List<String> failures() {
        return List.copyOf(failures);
    }

    private void call(String path) {
        while (running) {
            try {
                HttpResponse<String> answer = system.request("GET", path, null);
                if (answer.statusCode() != 200) {
                    failures.add(path + ": " + answer.statusCode() + " " + answer.body());
                }
            } catch (RuntimeException e) {
                failures.add(path + ": " + e);
            }
            answers.incrementAndGet();
        }
    }

    @Override
    public void close() {
        running = false;
        for (Thread caller : callers) {
            try {
                caller.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
