package io.cdccascade.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Keeps leases in force while their holder loads: after each third of a lease's life it asks Redis to renew them, on the
 * event loop. A load that is over by then costs a timer and no question.
 *
 * <p>It ends with {@link #stop}, or when Redis has none of the leases any more. Redis decides which those are, and renews none
 * for longer than {@link CacheSettings#renewMillis()} after it was taken. A process that dies renews nothing, and its leases
 * run out. Safe for use by many threads.
 */
public final class Renewal {

    private final ReadConnection redis;
    private final long timeoutMillis;
    private final KeySpace names;
    private final CacheSettings settings;
    private final Leases leases;
    private final long periodMillis;
    private List<Lease> held;
    private volatile ScheduledFuture<?> timer;
    private volatile boolean stopped;

    Renewal(
            ReadConnection redis,
            long timeoutMillis,
            KeySpace names,
            CacheSettings settings,
            Leases leases,
            List<Lease> held) {
        this.redis = redis;
        this.timeoutMillis = timeoutMillis;
        this.names = names;
        this.settings = settings;
        this.leases = leases;
        this.periodMillis = Math.max(1, settings.leaseMillis() / 3);
        this.held = held;
        if (!held.isEmpty() && settings.renewMillis() > 0) {
            waitForNext();
        }
    }

    private void waitForNext() {
        timer = redis.loop().schedule(this::renew, periodMillis, TimeUnit.MILLISECONDS);
    }

    private void renew() {
        if (stopped || held.isEmpty()) {
            return;
        }
        List<Lease> asked = held;
        names.calls(asked.stream().map(Lease::key).toList(), settings.cluster())
                .forEach(places -> ask(places.stream().map(asked::get).toList()));
        waitForNext();
    }

    private void ask(List<Lease> some) {
        byte[][] keys = new byte[2 * some.size()][];
        byte[][] arguments = new byte[3 + some.size()][];
        arguments[0] = CacheReader.bytes(names.table(some.get(0).key().table()));
        arguments[1] = CacheReader.bytes(String.valueOf(settings.leaseMillis()));
        arguments[2] = CacheReader.bytes(String.valueOf(settings.renewMillis()));
        for (int i = 0; i < some.size(); i++) {
            String entry = names.entry(some.get(i).key());
            keys[2 * i] = CacheReader.bytes(names.fences(entry));
            keys[2 * i + 1] = CacheReader.bytes(names.bucket(entry));
            arguments[3 + i] = CacheReader.bytes(some.get(i).id());
        }
        // If Redis does not answer, the lease may still be in force by the next time. Nobody waits, so late is as good.
        redis.call(Script.RENEW, timeoutMillis, keys, arguments).reply().thenAccept(answer -> {
            List<Lease> ended = new ArrayList<>();
            for (int i = 0; i < some.size(); i++) {
                if (CacheReader.text(answer.get(i)).equals("renewed")) {
                    leases.renewed(some.get(i).id());
                } else {
                    ended.add(some.get(i));
                }
            }
            end(ended);
        });
    }

    /** Nothing will be stored under these: who waits for that looks again. */
    private void end(List<Lease> ended) {
        if (!stopped && !ended.isEmpty()) {
            held = held.stream().filter(lease -> !ended.contains(lease)).toList();
            ended.forEach(lease -> leases.end(lease.id(), null));
        }
    }

    /** The load is over: nothing is renewed from here on. */
    public void stop() {
        stopped = true;
        ScheduledFuture<?> next = timer;
        if (next != null) {
            next.cancel(false);
        }
    }
}
