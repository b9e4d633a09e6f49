package io.cdccascade.cache;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.redisson.api.RMap;
import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.client.RedisConnectionException;
import org.redisson.client.RedisException;
import org.redisson.client.RedisNodeNotFoundException;
import org.redisson.client.RedisTimeoutException;
import org.redisson.client.codec.StringCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to Redis of those who have to reach it: invalidations. It waits and tries again; readers, who must not wait,
 * have {@link ReadConnection}. Connects when it is first used, so that Redis may be unreachable when the application starts.
 *
 * <p>Redisson counts for each node of a cluster the slots that it serves, and shuts a node's client down at zero. Where two
 * nodes swap slots between two looks, it reaches zero too early and keeps calling the client that it shut down, for ever
 * ("RedisClient is shutdown"). So a client of a cluster that cannot reach a node is replaced by a new one, which asks the
 * cluster afresh. The call that failed is not repeated here: those who invalidate repeat it anyway.
 *
 * <p>Safe for use by many threads.
 */
public final class WriteConnection implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(WriteConnection.class);
    /** A client that is younger may still be finding the nodes. */
    private static final long AGE_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** How long a replaced client may finish what it was asked: longer than its attempts take. */
    private static final int GRACE_SECONDS = 15;

    private record Client(RedissonClient redis, long since) {}

    private final RedisSettings settings;
    private final Set<RedissonClient> replaced = ConcurrentHashMap.newKeySet();
    private Client client;

    public WriteConnection(RedisSettings settings) {
        this.settings = settings;
        this.client = open();
    }

    private Client open() {
        return new Client(RedisClients.patient(settings), System.nanoTime());
    }

    private synchronized Client current() {
        return client;
    }

    /**
     * Runs a script where the first key lives. Replies are lists of text. Redisson calls it by its digest and loads it again
     * whenever Redis does not know it ({@code useScriptCache}), as after a restart or SCRIPT FLUSH.
     *
     * @return fails with a {@link RedisException} if Redis does not answer, or answers with an error
     */
    CompletionStage<List<String>> run(Script script, List<String> keys, List<String> arguments) {
        Client asked = current();
        CompletionStage<List<String>> reply = asked.redis()
                .getScript(StringCodec.INSTANCE)
                .evalAsync(
                        keys.get(0),
                        RScript.Mode.READ_WRITE,
                        script.source(),
                        RScript.ReturnType.MULTI,
                        List.copyOf(keys),
                        arguments.toArray());
        return reply.whenComplete((answer, failure) -> failed(asked, failure));
    }

    /**
     * Reads or changes a hash of texts. Blocks.
     *
     * @throws RedisException if Redis does not answer, or answers with an error
     */
    <T> T hash(String name, Function<RMap<String, String>, T> call) {
        Client asked = current();
        try {
            return call.apply(asked.redis().getMap(name, StringCodec.INSTANCE));
        } catch (RedisException e) {
            failed(asked, e);
            throw e;
        }
    }

    private void failed(Client asked, Throwable failure) {
        boolean unreachable = failure instanceof RedisConnectionException
                || failure instanceof RedisNodeNotFoundException
                || failure instanceof RedisTimeoutException;
        if (unreachable && settings.cluster()) {
            replace(asked, failure);
        }
    }

    private synchronized void replace(Client asked, Throwable failure) {
        if (client != asked || System.nanoTime() - asked.since() < AGE_NANOS) {
            return;
        }
        LOG.warn(
                "A node of the Redis Cluster at {} cannot be reached; connecting again: {}",
                settings,
                failure.getMessage());
        client = open();
        replaced.add(asked.redis());
        CompletableFuture.delayedExecutor(GRACE_SECONDS, TimeUnit.SECONDS).execute(() -> end(asked.redis()));
    }

    private void end(RedissonClient redis) {
        if (replaced.remove(redis)) {
            redis.shutdown();
        }
    }

    @Override
    public void close() {
        replaced.forEach(this::end);
        current().redis().shutdown();
    }
}
