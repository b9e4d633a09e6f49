package io.cdccascade.cache;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.redisson.api.RMap;
import org.redisson.client.RedisTryAgainException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The side of the cache that has to reach Redis: {@link #invalidate}, or {@link #forget} when it is not known what changed.
 * Every call is safe to repeat and safe to arrive late.
 *
 * <p>Calls block, and throw {@link org.redisson.client.RedisException} when Redis does not answer in the time that the
 * client allows. Counts {@code cascade.cache.invalidations} by {@code table} and {@code result}. Needs Redis 7. Safe for
 * use by many threads.
 */
public final class CacheInvalidator {

    private static final Logger LOG = LoggerFactory.getLogger(CacheInvalidator.class);

    // A script keeps Redis from serving readers; this many fences take it about a millisecond. And while Redis runs one
    // call, the next is made.
    private static final int FENCES_PER_CALL = 100;
    private static final String ANY_FINGERPRINT = "";

    private final WriteConnection redis;
    private final CacheSettings settings;
    private final KeySpace names;
    private final CacheMeters meters;

    /**
     * @param redis    a connection that tries again
     * @param meters   where calls are counted
     * @param settings how the cache behaves
     */
    public CacheInvalidator(WriteConnection redis, MeterRegistry meters, CacheSettings settings) {
        this.redis = redis;
        this.settings = settings;
        this.names = new KeySpace(settings.prefix(), settings.buckets());
        this.meters = new CacheMeters(meters, "cascade.cache.invalidations");
    }

    /**
     * Applies changes: entries that do not see their change are dropped, and fills that do not see it refused. When it
     * returns, all are applied; when it throws, some may be, and the call is to be repeated.
     *
     * @param seen where the primary stood at some time before this call, or null. What it sees is over, and costs no memory:
     *             a fence is needed only against a load that has begun already
     * @return what each fence did, in the fences' order
     */
    public List<Verdict> invalidate(Collection<Fence> fences, ReadPoint seen) {
        List<Fence> ordered = List.copyOf(fences);
        List<String> entries =
                ordered.stream().map(fence -> names.entry(fence.key())).toList();
        Map<List<Integer>, CompletionStage<List<String>>> calls = new LinkedHashMap<>();
        for (List<Integer> group : groups(entries)) {
            List<String> keys = new ArrayList<>(3 * group.size());
            List<String> tables = new ArrayList<>();
            StringJoiner changes = new StringJoiner(" ");
            for (int index : group) {
                String entry = entries.get(index);
                keys.add(entry);
                keys.add(names.fences(entry));
                keys.add(names.bucket(entry));
                Fence fence = ordered.get(index);
                changes.add(place(names.table(fence.key().table()), tables) + "/" + text(fence));
            }
            calls.put(
                    group,
                    redis.run(
                            Script.INVALIDATE,
                            keys,
                            List.of(
                                    String.join(":", tables),
                                    String.valueOf(settings.fenceMillis()),
                                    changes.toString(),
                                    History.UNKNOWN,
                                    text(seen))));
        }
        Verdict[] verdicts = new Verdict[ordered.size()];
        calls.forEach((group, call) -> {
            String[] replies = replies(call, group.stream().map(ordered::get).toList());
            // Counted in sums: to find a counter takes longer than to read a reply.
            Map<List<String>, Integer> sums = new HashMap<>();
            for (int i = 0; i < replies.length; i++) {
                int index = group.get(i);
                verdicts[index] = Verdict.valueOf(replies[i].toUpperCase(Locale.ROOT));
                sums.merge(List.of(ordered.get(index).key().table(), replies[i]), 1, Integer::sum);
            }
            sums.forEach((tags, sum) -> meters.count(tags.get(0), tags.get(1), sum));
        });
        return Arrays.asList(verdicts);
    }

    private String[] replies(CompletionStage<List<String>> call, List<Fence> fences) {
        try {
            return await(call).get(0).split(" ");
        } catch (RedisTryAgainException e) {
            // A slot of the cluster is moving, its keys are with two masters, and no call may touch two of them.
            // Somebody
            // may have left it like that, so nobody waits: to forget takes a single key.
            LOG.debug("The bucket of {} is moving: its entries are forgotten", fences.get(0), e);
            fences.stream()
                    .map(fence -> Map.entry(
                            names.bucket(fence.key()), names.table(fence.key().table())))
                    .distinct()
                    .map(known -> redis.run(
                            Script.FORGET,
                            List.of(known.getKey()),
                            List.of(known.getValue(), "1", ANY_FINGERPRINT, History.UNKNOWN)))
                    .toList()
                    .forEach(CacheInvalidator::await);
            return Collections.nCopies(fences.size(), "dropped").toArray(String[]::new);
        }
    }

    /** The place of a table among those of a call, from 1 on. No name has a colon, which stands between them. */
    private static int place(String table, List<String> tables) {
        int known = tables.indexOf(table);
        if (known < 0) {
            tables.add(table);
            return tables.size();
        }
        return known + 1;
    }

    private static String text(ReadPoint seen) {
        return seen == null ? "" : seen.history() + " " + seen.snapshot() + " " + seen.lsn();
    }

    /** A fence as the script takes it. Events know only the low half of an xid: a write's own fence must be the same. */
    static String text(Fence fence) {
        return Xid.narrow(fence.change().xid()) + "@" + fence.change().lsn();
    }

    /**
     * Forgets everything about a table: after TRUNCATE, lost events, or when it cannot be said what changed. When it
     * returns, no entry of the table that was filled before is answered any more, and no reader that was about to fill
     * succeeds. Costs the same however many entries there are.
     */
    public void forget(String table) {
        renew(table, ANY_FINGERPRINT, true, History.UNKNOWN);
        meters.count(table, "forgotten");
    }

    /**
     * Says what the entries of a table look like from here on, and forgets those that look otherwise. Readers that expect
     * another schema fingerprint read without cache, so that instances with different files cannot mix their entries.
     *
     * @param always whether to forget also when the fingerprint is adopted already
     */
    public void adopt(String table, String fingerprint, boolean always) {
        boolean adopted = slots(names.buckets()).stream()
                .map(slot -> redis.run(Script.FINGERPRINTS, slot, List.of(names.table(table))))
                .toList()
                .stream()
                .flatMap(call -> await(call).stream())
                .allMatch(fingerprint::equals);
        if (always || !adopted) {
            renew(table, fingerprint, true, History.UNKNOWN);
            meters.count(table, "forgotten");
        }
    }

    /** The fingerprint of each table that has one, also of those that another instance serves, or none any more. */
    public Map<String, String> fingerprints() {
        String suffix = ":fingerprint";
        Map<String, String> fingerprints = new HashMap<>();
        redis.hash(names.buckets().get(0), RMap::readAllMap).forEach((field, value) -> {
            if (field.endsWith(suffix)) {
                fingerprints.put(KeySpace.unescape(field.substring(0, field.length() - suffix.length())), value);
            }
        });
        return fingerprints;
    }

    /** The epoch of a table's cache, of one bucket that stands for all, or null if there is none. It changes with every forget. */
    public String epoch(String table) {
        return redis.hash(names.buckets().get(0), known -> known.get(names.table(table) + ":epoch"));
    }

    /**
     * Gives every bucket's memory of a table an epoch.
     *
     * @param fingerprint what entries look like from here on, or an empty text where that does not change
     * @param forget      whether to do it also where the table is known
     * @param history     the history that PostgreSQL is in: what was read in another one is forgotten. Unknown: nothing is
     * @return for each bucket the epoch that lacks a floor, or an empty text
     */
    List<String> renew(String table, String fingerprint, boolean forget, String history) {
        List<CompletionStage<List<String>>> calls = slots(names.buckets()).stream()
                .map(slot -> redis.run(
                        Script.FORGET, slot, List.of(names.table(table), forget ? "1" : "0", fingerprint, history)))
                .toList();
        return calls.stream().flatMap(call -> await(call).stream()).toList();
    }

    /**
     * Lets fills into the buckets again whose epochs lack a floor.
     *
     * @param epochs what {@link #renew} returned
     * @param floor  read after {@link #renew} returned, above every xid that was assigned by then
     */
    void setFloor(String table, List<String> epochs, Floor floor) {
        List<Integer> waiting = new ArrayList<>();
        for (int i = 0; i < epochs.size(); i++) {
            if (!epochs.get(i).isEmpty()) {
                waiting.add(i);
            }
        }
        List<CompletionStage<List<String>>> calls = slots(waiting).stream()
                .map(slot -> {
                    List<String> arguments = new ArrayList<>(List.of(
                            names.table(table),
                            String.valueOf(floor.xid()),
                            floor.history(),
                            String.valueOf(settings.fenceMillis())));
                    slot.forEach(i -> arguments.add(epochs.get(i)));
                    return redis.run(
                            Script.FLOOR,
                            slot.stream().map(names.buckets()::get).toList(),
                            arguments);
                })
                .toList();
        calls.forEach(CacheInvalidator::await);
    }

    /** What one call may touch: everything, or in a cluster one bucket. */
    private <T> List<List<T>> slots(List<T> buckets) {
        if (buckets.isEmpty()) {
            return List.of();
        }
        return settings.cluster() ? buckets.stream().map(List::of).toList() : List.of(buckets);
    }

    /** Which fences go into one call, in a cluster those of a bucket. */
    private Collection<List<Integer>> groups(List<String> entries) {
        // A call asks each bucket that it touches: fences of one bucket stand together.
        Map<String, List<Integer>> buckets = new LinkedHashMap<>();
        for (int i = 0; i < entries.size(); i++) {
            buckets.computeIfAbsent(names.bucket(entries.get(i)), bucket -> new ArrayList<>())
                    .add(i);
        }
        List<List<Integer>> groups = new ArrayList<>();
        List<Integer> group = new ArrayList<>();
        for (List<Integer> bucket : buckets.values()) {
            for (int index : bucket) {
                group.add(index);
                if (group.size() == FENCES_PER_CALL) {
                    groups.add(group);
                    group = new ArrayList<>();
                }
            }
            if (settings.cluster() && !group.isEmpty()) {
                groups.add(group);
                group = new ArrayList<>();
            }
        }
        if (!group.isEmpty()) {
            groups.add(group);
        }
        return groups;
    }

    private static <T> T await(CompletionStage<T> call) {
        try {
            return call.toCompletableFuture().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
