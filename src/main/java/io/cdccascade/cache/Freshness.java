package io.cdccascade.cache;

import java.time.Instant;

/**
 * A moment before which everything that was committed is known to be applied to the cache: the watermark, as readers see it.
 *
 * @param nanos        the moment, by {@link System#nanoTime()}, which nobody sets back and which goes on while this process is
 *                     stopped
 * @param postgresTime a moment of which the same is known, by PostgreSQL's clock; null if there is none
 */
public record Freshness(long nanos, Instant postgresTime) {

    /** In place of a bound: the watermark may be of any age. */
    public static final long UNBOUNDED = Long.MAX_VALUE;

    /**
     * A hit, unless it is too old by now. The time between question and answer counts, in which this process may have been
     * stopped. What became known in that time does not: a change that was applied after Redis had replied is not in the reply.
     * So this has to be what was known when Redis was asked.
     */
    Lookup bound(Lookup found, long boundNanos) {
        return found instanceof Lookup.Hit hit && !within(boundNanos)
                ? new Lookup.Bypass(Lookup.Reason.STALE, hit.entry())
                : found;
    }

    /** Whether the moment is not longer ago than a bound, in nanoseconds. */
    boolean within(long boundNanos) {
        return boundNanos == UNBOUNDED || System.nanoTime() - nanos <= boundNanos;
    }
}
