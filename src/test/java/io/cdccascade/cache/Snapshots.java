package io.cdccascade.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Snapshots as PostgreSQL makes them, from the transactions completed out of those that began. */
final class Snapshots {

    private Snapshots() {}

    /** A snapshot near a wraparound, with up to 40 transactions around it. */
    static Arbitrary<Snapshot> nearWraparounds() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 1_000),
                        Arbitraries.integers().between(-20, 20),
                        Arbitraries.integers().between(1, 40).set().ofMaxSize(20))
                .as((wraps, offset, completed) -> {
                    long first = Math.max(1, (long) wraps * (1L << 32) + offset);
                    Set<Long> xids = new TreeSet<>();
                    completed.forEach(step -> xids.add(first + step));
                    return of(first, xids);
                });
    }

    /** As PostgreSQL does: xmax is one past the highest completed, what is incomplete below it is in progress. */
    static Snapshot of(long first, Set<Long> completed) {
        long xmax = completed.stream().mapToLong(Long::longValue).max().orElse(first - 1) + 1;
        List<Long> xip = new ArrayList<>();
        for (long xid = first; xid < xmax; xid++) {
            if (!completed.contains(xid)) {
                xip.add(xid);
            }
        }
        return new Snapshot(xip.isEmpty() ? xmax : xip.get(0), xmax, xip);
    }
}
