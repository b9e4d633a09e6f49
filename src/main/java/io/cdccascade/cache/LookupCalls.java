package io.cdccascade.cache;

import static io.cdccascade.cache.CacheReader.bytes;
import static io.cdccascade.cache.CacheReader.text;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks Redis what is cached, with {@code lookup.lua}, and gives leases back that nobody uses. Of many who ask for one key at one
 * moment, one asks Redis. Fails if Redis does not answer in time; a lease that it grants later is given back.
 */
final class LookupCalls {

    /** An entry is wanted, or the lease where there is none. */
    static final byte[] LOOK = bytes("0");
    /** The leases of entries that are there are wanted, to load them again. */
    static final byte[] REFRESH = bytes("1");

    /** What is asked of Redis, and shared by those who ask it at one moment. */
    record Question(CacheKey key, String fingerprint) {}

    /** What Redis says of one key; {@code lease} is null, and {@code entry} too, where there is none. */
    record Reply(String result, Entry entry, String lease) {

        /** Only one reader gets the lease. To the others it is somebody else's. */
        Reply forOthers() {
            return result.equals("leased") ? new Reply("busy", null, lease) : this;
        }
    }

    private final ReadConnection redis;
    private final long timeoutMillis;
    private final KeySpace names;
    private final Leases leases;
    private final SharedCalls<Question, Reply> questions = new SharedCalls<>(Reply::forOthers);
    private final byte[] leaseMillis;
    private final String instance = UUID.randomUUID().toString().substring(0, 13);
    private final AtomicLong asked = new AtomicLong();

    /** @param leases where leases are noted that this process gets */
    LookupCalls(ReadConnection redis, long timeoutMillis, KeySpace names, CacheSettings settings, Leases leases) {
        this.redis = redis;
        this.timeoutMillis = timeoutMillis;
        this.names = names;
        this.leases = leases;
        this.leaseMillis = bytes(String.valueOf(settings.leaseMillis()));
    }

    /** Asks for one key, or shares the answer of the next question for it. */
    CompletableFuture<Reply> ask(Question question) {
        return questions.ask(
                question,
                () -> ask(List.of(question.key()), question.fingerprint(), LOOK).thenApply(replies -> replies.get(0)));
    }

    /** Whether a lease was given to this process. */
    boolean isOwn(String lease) {
        return lease.startsWith(instance);
    }

    /**
     * Asks for keys of one table in one call.
     *
     * @param keys    in a cluster, of one bucket
     * @param purpose {@link #LOOK} or {@link #REFRESH}
     */
    CompletableFuture<List<Reply>> ask(List<CacheKey> keys, String fingerprint, byte[] purpose) {
        byte[][] redisKeys = new byte[3 * keys.size()][];
        for (int i = 0; i < keys.size(); i++) {
            String entry = names.entry(keys.get(i));
            redisKeys[3 * i] = bytes(entry);
            redisKeys[3 * i + 1] = bytes(names.fences(entry));
            redisKeys[3 * i + 2] = bytes(names.bucket(entry));
        }
        String table = names.table(keys.get(0).table());
        ReadConnection.Call call = redis.call(
                Script.LOOKUP,
                timeoutMillis,
                redisKeys,
                bytes(table),
                bytes(instance + "-" + asked.incrementAndGet()),
                leaseMillis,
                bytes(fingerprint),
                purpose);
        call.reply().whenComplete((late, failure) -> {
            if (failure == null && call.inTime().isCompletedExceptionally()) {
                giveBack(keys, late);
            }
        });
        return call.inTime().thenApply(answer -> {
            List<Reply> replies = new ArrayList<>(keys.size());
            for (int i = 0; i < keys.size(); i++) {
                replies.add(reply(answer, 3 * i));
            }
            return replies;
        });
    }

    private Reply reply(List<Object> answer, int at) {
        String result = text(answer.get(at));
        return switch (result) {
            case "hit" -> new Reply(result, entry((byte[]) answer.get(at + 1), text(answer.get(at + 2))), null);
            case "leased" -> {
                String lease = text(answer.get(at + 1));
                leases.add(lease);
                yield new Reply(result, null, lease);
            }
            case "busy" -> new Reply(result, null, text(answer.get(at + 1)));
            default -> new Reply(result, null, null);
        };
    }

    /** @param said the age in milliseconds, a space and the history */
    private static Entry entry(byte[] bytes, String said) {
        int space = said.indexOf(' ');
        return Entry.of(said.substring(space + 1), bytes, Long.parseLong(said, 0, space, 10));
    }

    /** Nobody waits for these answers any more: without this, others would wait for leases that nobody uses. */
    private void giveBack(List<CacheKey> keys, List<Object> late) {
        for (int i = 0; i < keys.size(); i++) {
            if (text(late.get(3 * i)).equals("leased")) {
                release(new Lease(keys.get(i), text(late.get(3 * i + 1))));
            }
        }
    }

    /** Gives a lease back unused, so that nobody waits for it. */
    CompletableFuture<Void> release(Lease lease) {
        return redis.call(
                        Script.RELEASE,
                        timeoutMillis,
                        new byte[][] {bytes(names.fences(lease.key()))},
                        bytes(lease.id()))
                .inTime()
                .handle((answer, failure) -> {
                    leases.end(lease.id(), null);
                    return null;
                });
    }
}
