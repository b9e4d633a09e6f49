package io.cdccascade.cache;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.redisson.api.RScript;
import org.redisson.client.codec.StringCodec;

/**
 * Drives a caching protocol on a real Redis through every order of the steps of two readers of one key (lookup, load,
 * fill, once or more often), the moments at which two transactions that changed it become visible, and the arrival of
 * their events, which are delivered twice. A state that is reached again is not walked again, but counted.
 */
final class Interleavings {

    /** The last xid before a wraparound and the first after it. */
    static final List<Long> XIDS = List.of((1L << 32) - 1, 1L << 32);

    private static final int DELIVERIES = 4;
    private static final int RECORD = 100;

    /** A way to keep a cache; all keep {@code row} in the entry, the real one in its string, the others in a hash. */
    interface Protocol {

        /** Returns the right to fill, or null if the reader is answered or shall not fill. */
        String lookup(int reader);

        void fill(int reader, String right, ReadPoint point, String row);

        /** @param seen where the primary stands */
        void invalidate(WritePoint change, ReadPoint seen);
    }

    /** What may happen besides, at most once each. */
    enum Mishap {
        ENTRY_EXPIRES,
        LEASE_EXPIRES,
        REDIS_FORGETS,
        FENCE_IS_EVICTED,
        /** Until then the second xid was that of a transaction that rolled back; then it is given again. */
        PRIMARY_CRASHES
    }

    /** What was found: how many orders of steps, in how many states, and what went wrong, told as steps. */
    record Result(long orders, int states, Set<String> resurrections, Set<String> divergences) {}

    private record Reader(int step, String right, ReadPoint point, String row) {}

    private record State(
            List<Reader> readers,
            Set<Long> visible,
            int delivered,
            Set<Mishap> spared,
            List<Map<String, String>> hashes) {}

    private static final String RESTORE = """
            #!lua
            redis.call('DEL', unpack(KEYS))
            local at = 1
            for _, key in ipairs(KEYS) do
                local fields = tonumber(ARGV[at])
                local first = ARGV[at + 1]
                if fields > 0 and first == 'entry' then redis.call('SET', key, ARGV[at + 2]) end
                if fields > 0 and first ~= 'entry' then redis.call('HSET', key, unpack(ARGV, at + 1, at + fields)) end
                at = at + fields + 1
            end
            return {}
            """;
    private static final String READ = """
            #!lua
            local reply = {}
            for _, key in ipairs(KEYS) do
                local fields
                if redis.call('TYPE', key).ok == 'string' then
                    local entry = redis.call('GET', key)
                    local epoch, read_at, head, row = string.match(entry, '^(%d+) (%d+) (.-)\\n(.*)$')
                    fields = {'epoch', epoch, 'read_at', read_at, 'head', head, 'row', row}
                else
                    fields = redis.call('HGETALL', key)
                end
                reply[#reply + 1] = tostring(#fields)
                for _, field in ipairs(fields) do reply[#reply + 1] = field end
            end
            return reply
            """;

    private final TestRedis redis;
    private final List<Object> keys;
    private final Protocol protocol;
    private final List<Long> order;
    private final boolean visibleBeforeDelivered;
    private final int reads;
    private final Map<String, Long> walked = new HashMap<>();
    private final Deque<String> path = new ArrayDeque<>();
    private final Set<String> resurrections = new TreeSet<>();
    private final Set<String> divergences = new TreeSet<>();
    private boolean untilStale;

    /**
     * @param hashes                 the entry, the fences and what else the protocol keeps
     * @param order                  the {@link #XIDS} in the order of their commit records
     * @param visibleBeforeDelivered whether every transaction is visible before its event can arrive, which is what
     *                               most protocols take for granted
     * @param reads                  how often each reader reads
     */
    Interleavings(
            TestRedis redis,
            List<String> hashes,
            Protocol protocol,
            List<Long> order,
            boolean visibleBeforeDelivered,
            int reads) {
        this.redis = redis;
        this.keys = List.copyOf(hashes);
        this.protocol = protocol;
        this.order = order;
        this.visibleBeforeDelivered = visibleBeforeDelivered;
        this.reads = reads;
    }

    /** Walks until something stale is found, for a protocol that has to be. */
    Result walkUntilStale(Set<Mishap> mishaps) {
        untilStale = true;
        return walk(mishaps);
    }

    Result walk(Set<Mishap> mishaps) {
        Reader reader = new Reader(0, null, null, null);
        long orders = walk(new State(List.of(reader, reader), Set.of(), 0, mishaps, read()));
        return new Result(orders, walked.size(), resurrections, divergences);
    }

    private long walk(State state) {
        findResurrection(state);
        if (untilStale && !resurrections.isEmpty()) {
            return 0;
        }
        String name = name(state);
        Long known = walked.get(name);
        if (known != null) {
            return known;
        }
        long orders = 0;
        for (int i = 0; i < 2; i++) {
            if (state.readers().get(i).step() < 3 * reads) {
                String what = List.of("looks up", "loads", "fills")
                        .get(state.readers().get(i).step() % 3);
                orders += step(state, "reader " + (i + 1) + " " + what, read(state, i));
            }
        }
        for (long xid : XIDS) {
            if (!state.visible().contains(xid) && begun(state, xid)) {
                Set<Long> visible = new TreeSet<>(state.visible());
                visible.add(xid);
                orders += step(
                        state,
                        xid + " becomes visible",
                        new State(state.readers(), visible, state.delivered(), state.spared(), state.hashes()));
            }
        }
        if (state.delivered() < DELIVERIES) {
            long xid = order.get(state.delivered() % 2);
            if (begun(state, xid) && (!visibleBeforeDelivered || state.visible().contains(xid))) {
                restore(state);
                protocol.invalidate(new WritePoint(Xid.narrow(xid), lsn(xid)), readPoint(state));
                orders += step(
                        state,
                        "event of " + xid + " arrives",
                        new State(state.readers(), state.visible(), state.delivered() + 1, state.spared(), read()));
            }
        }
        for (Mishap mishap : state.spared()) {
            // What a crash finds committed is visible after it.
            if (mishap != Mishap.PRIMARY_CRASHES || state.visible().size() >= state.delivered()) {
                orders += step(state, mishap.name(), apply(state, mishap));
            }
        }
        if (state.delivered() == DELIVERIES
                && state.visible().size() == 2
                && state.readers().stream().allMatch(reader -> reader.step() == 3 * reads)) {
            findDivergence(state);
            orders++;
        }
        walked.put(name, orders);
        return orders;
    }

    private long step(State before, String what, State after) {
        path.addLast(what);
        long orders = walk(after);
        path.removeLast();
        return orders;
    }

    private State read(State state, int i) {
        Reader reader = state.readers().get(i);
        Reader next;
        List<Map<String, String>> hashes = state.hashes();
        int step = reader.step();
        if (step % 3 == 1) {
            next = new Reader(step + 1, reader.right(), readPoint(state), row(state.visible()));
        } else {
            restore(state);
            if (step % 3 == 0) {
                String right = protocol.lookup(i);
                next = new Reader(right == null ? step + 3 : step + 1, right, null, null);
            } else {
                protocol.fill(i, reader.right(), reader.point(), reader.row());
                next = new Reader(step + 1, null, null, null);
            }
            hashes = read();
        }
        List<Reader> readers = new ArrayList<>(state.readers());
        readers.set(i, next);
        return new State(readers, state.visible(), state.delivered(), state.spared(), hashes);
    }

    private State apply(State state, Mishap mishap) {
        List<Map<String, String>> hashes = new ArrayList<>(state.hashes());
        switch (mishap) {
            case ENTRY_EXPIRES -> hashes.set(0, Map.of());
            case LEASE_EXPIRES ->
                hashes.set(
                        1,
                        hashes.get(1).entrySet().stream()
                                .filter(field -> !field.getKey().startsWith("lease"))
                                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
            case FENCE_IS_EVICTED -> hashes.set(1, Map.of());
            case REDIS_FORGETS -> Collections.fill(hashes, Map.of());
            case PRIMARY_CRASHES -> {
                // Redis and the readers notice nothing.
            }
        }
        Set<Mishap> spared = new HashSet<>(state.spared());
        spared.remove(mishap);
        return new State(state.readers(), state.visible(), state.delivered(), spared, hashes);
    }

    /** No entry may be older than an event that has arrived. */
    private void findResurrection(State state) {
        String cached = state.hashes().get(0).get("row");
        if (cached != null) {
            for (long xid : order.subList(0, Math.min(2, state.delivered()))) {
                if (!cached.contains(String.valueOf(xid))) {
                    resurrections.add(String.join(", ", path));
                }
            }
        }
    }

    /** At rest, what is cached is what the database says, and what is not cached can be. */
    private void findDivergence(State state) {
        restore(state);
        String right = protocol.lookup(0);
        if (right != null) {
            protocol.fill(0, right, readPoint(state), row(state.visible()));
        }
        if (!row(state.visible()).equals(read().get(0).get("row"))) {
            divergences.add(String.join(", ", path));
        }
    }

    /** Whether the transaction that writes the row can be about. */
    private static boolean begun(State state, long xid) {
        return xid != XIDS.get(1) || !state.spared().contains(Mishap.PRIMARY_CRASHES);
    }

    private long lsn(long xid) {
        return RECORD * (1 + order.indexOf(xid));
    }

    /** With no more of the log flushed than must be: what is visible, and what was delivered. */
    private ReadPoint readPoint(State state) {
        long flushed = order.stream()
                        .filter(xid -> state.visible().contains(xid) || order.indexOf(xid) < state.delivered())
                        .mapToLong(this::lsn)
                        .max()
                        .orElse(0)
                + RECORD;
        Set<Long> completed = new TreeSet<>(state.visible());
        if (!begun(state, XIDS.get(1))) {
            completed.add(XIDS.get(1));
        }
        return new ReadPoint(Snapshots.of(XIDS.get(0), completed), flushed);
    }

    private static String row(Set<Long> visible) {
        return "{\"written_by\":" + new TreeSet<>(visible) + "}";
    }

    /** Two states with the same name have the same future: only how times and names made of times compare counts. */
    private String name(State state) {
        Map<String, String> alias = new HashMap<>();
        List<String> epochs = state.hashes().stream()
                .flatMap(hash -> hash.entrySet().stream())
                .filter(field -> field.getKey().endsWith("epoch"))
                .map(Map.Entry::getValue)
                .distinct()
                .sorted()
                .toList();
        epochs.forEach(epoch -> alias.put(epoch, "epoch" + epochs.indexOf(epoch)));
        for (int i = 0; i < 2; i++) {
            String right = state.readers().get(i).right();
            if (right != null) {
                alias.putIfAbsent(right, "right" + i);
            }
        }
        List<TreeMap<String, String>> hashes = state.hashes().stream()
                .map(hash -> {
                    TreeMap<String, String> named = new TreeMap<>(hash);
                    named.keySet().removeAll(Set.of("lease_at", "lease_until", "read_at", "t:floor_until"));
                    named.computeIfPresent("lease", (field, lease) -> alias.getOrDefault(lease, "nobody's"));
                    named.replaceAll((field, value) -> alias.getOrDefault(value, value));
                    return named;
                })
                .toList();
        List<String> readers = state.readers().stream()
                .map(reader -> reader.step() + "/" + alias.get(reader.right()) + "/" + reader.point())
                .toList();
        Set<Mishap> spared = state.spared().isEmpty() ? Set.of() : EnumSet.copyOf(state.spared());
        return readers + " " + new TreeSet<>(state.visible()) + " " + state.delivered() + " " + spared + " " + hashes;
    }

    private List<Map<String, String>> read() {
        List<String> flat = redis.client()
                .getScript(StringCodec.INSTANCE)
                .eval(RScript.Mode.READ_WRITE, READ, RScript.ReturnType.MULTI, keys);
        List<Map<String, String>> hashes = new ArrayList<>();
        int at = 0;
        while (at < flat.size()) {
            int end = at + Integer.parseInt(flat.get(at));
            Map<String, String> hash = new HashMap<>();
            for (at++; at <= end; at += 2) {
                hash.put(flat.get(at), flat.get(at + 1));
            }
            hashes.add(hash);
        }
        return hashes;
    }

    private void restore(State state) {
        List<String> flat = new ArrayList<>();
        for (Map<String, String> hash : state.hashes()) {
            if (hash.containsKey("head")) {
                flat.addAll(List.of(
                        "2",
                        "entry",
                        hash.get("epoch") + " " + hash.get("read_at") + " " + hash.get("head") + "\n"
                                + hash.get("row")));
                continue;
            }
            flat.add(String.valueOf(2 * hash.size()));
            hash.forEach((field, value) -> {
                flat.add(field);
                flat.add(value);
            });
        }
        redis.client()
                .getScript(StringCodec.INSTANCE)
                .eval(RScript.Mode.READ_WRITE, RESTORE, RScript.ReturnType.MULTI, keys, flat.toArray());
    }
}
