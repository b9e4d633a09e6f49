package io.cdccascade.cache;

import io.cdccascade.cache.LookupCalls.Question;
import io.cdccascade.cache.LookupCalls.Reply;
import io.netty.channel.EventLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks one key up: of many readers that miss it, one gets the lease and loads, and the others wait for what that one stores.
 * For a holder in this process they wait without asking Redis; for one of another instance, one of them asks again and again.
 */
final class SingleFlight {

    private static final Logger LOG = LoggerFactory.getLogger(CacheReader.class);
    private static final long FIRST_PAUSE_MILLIS = 2;
    private static final long LONGEST_PAUSE_MILLIS = 20;
    /** How long, at least, a reader waits until a table is known again; longer than that takes on a quiet machine. */
    private static final long REBUILD_MILLIS = 500;

    private static final Lookup UNREACHABLE = new Lookup.Bypass(Lookup.Reason.UNREACHABLE);

    private final LookupCalls calls;
    private final HitRule rule;
    private final KnownPrimary primary;
    private final Rebuild rebuild;
    private final Leases leases;
    private final CacheSettings settings;
    private final Function<String, Lookup.Reason> barred;
    private final Supplier<Freshness> freshness;
    private final CacheMeters lookups;
    private final EventLoop loop;

    /**
     * @param barred  why the cache must not be asked with a schema fingerprint at the moment, or null
     * @param freshness what is known to be applied
     * @param lookups counts the results
     * @param loop    completes the answers
     */
    SingleFlight(
            LookupCalls calls,
            HitRule rule,
            KnownPrimary primary,
            Rebuild rebuild,
            Leases leases,
            CacheSettings settings,
            Function<String, Lookup.Reason> barred,
            Supplier<Freshness> freshness,
            CacheMeters lookups,
            EventLoop loop) {
        this.calls = calls;
        this.rule = rule;
        this.primary = primary;
        this.rebuild = rebuild;
        this.leases = leases;
        this.settings = settings;
        this.barred = barred;
        this.freshness = freshness;
        this.lookups = lookups;
        this.loop = loop;
    }

    /** As {@link CacheReader#lookup}. */
    CompletableFuture<Lookup> lookup(CacheKey key, String fingerprint, WritePoint mustSee, long boundNanos) {
        return new Search(key, fingerprint, mustSee, boundNanos).start();
    }

    /** One lookup, from its first question to its answer. */
    private final class Search {

        private final Question question;
        private final WritePoint mustSee;
        private final long boundNanos;
        private final long startNanos = System.nanoTime();
        private final CompletableFuture<Lookup> answer = new CompletableFuture<>();
        private long pauseMillis = FIRST_PAUSE_MILLIS;
        private boolean rebuilt;
        private String firstLease;
        private String watched;
        private Leases.Held awaited;
        private Freshness asked;

        private Search(CacheKey key, String fingerprint, WritePoint mustSee, long boundNanos) {
            this.question = new Question(key, fingerprint);
            this.mustSee = mustSee;
            this.boundNanos = boundNanos;
        }

        private CompletableFuture<Lookup> start() {
            answer.whenComplete((found, failure) -> {
                stopWatching(found instanceof Lookup.Hit hit ? hit.entry() : null);
                stopAwaiting();
            });
            ask();
            return answer;
        }

        private void ask() {
            if (answer.isDone()) {
                // The caller has cancelled it.
                return;
            }
            asked = freshness.get();
            calls.ask(question).whenComplete((reply, failure) -> {
                if (failure == null) {
                    decide(reply);
                } else {
                    LOG.debug("Redis did not answer a look-up of {}", question.key(), failure);
                    finish("unreachable", UNREACHABLE);
                }
            });
        }

        private void decide(Reply reply) {
            switch (reply.result()) {
                case "hit" -> hit(reply.entry());
                case "leased" -> finish("leased", new Lookup.Leased(new Lease(question.key(), reply.lease())));
                case "busy" -> busy(reply.lease());
                case "unknown" -> unknown();
                default -> finish("reshaped", new Lookup.Bypass(Lookup.Reason.RESHAPED));
            }
        }

        private void hit(Entry entry) {
            Lookup quick = rule.quick(entry, mustSee);
            if (quick != null) {
                finish(asked.bound(quick, boundNanos));
                return;
            }
            primary.ask()
                    .whenCompleteAsync(
                            (position, failure) ->
                                    finish(asked.bound(rule.asked(question, entry, mustSee, position), boundNanos)),
                            loop);
        }

        private void unknown() {
            if (rebuilt) {
                finish("unknown", new Lookup.Bypass(Lookup.Reason.UNKNOWN));
                return;
            }
            rebuilt = true;
            rebuild.start(question.key().table(), question.fingerprint(), History.UNKNOWN)
                    .completeOnTimeout(
                            false,
                            Math.max(REBUILD_MILLIS, Math.min(settings.waitMillis(), settings.leaseMillis())),
                            TimeUnit.MILLISECONDS)
                    .whenComplete((done, failure) -> ask());
        }

        private void busy(String lease) {
            long waitedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
            Lookup.Reason reason = barred.apply(question.fingerprint());
            // What is being filled would be too old for this reader, who is answered by PostgreSQL in any case.
            boolean vain = !asked.within(boundNanos);
            if (reason != null || vain || waitedMillis >= patienceMillis(lease)) {
                finish(new Lookup.Bypass(reason == null ? Lookup.Reason.BUSY : reason));
                return;
            }
            if (lease.equals(watched)) {
                leases.renewed(lease);
                askAgainAfterPause(waitedMillis);
                return;
            }
            stopWatching(null);
            Leases.Held held = leases.get(lease);
            if (held == null && calls.isOwn(lease)) {
                // Nobody here knows of it: the call that took it had been given up when Redis answered.
                calls.release(new Lease(question.key(), lease)).whenComplete((done, failure) -> ask());
            } else if (held == null && leases.add(lease) != null) {
                // Another instance's. One reader of this process asks again; a herd that does would be a load.
                watched = lease;
                askAgainAfterPause(waitedMillis);
            } else {
                await(held == null ? leases.get(lease) : held);
            }
        }

        /**
         * The lease that it has found may be renewed for as long as a slow load takes. After that it waits for the next one,
         * if the holder has died, but not for one after the other, each of whose loads fails.
         */
        private long patienceMillis(String lease) {
            if (firstLease == null) {
                firstLease = lease;
            }
            return lease.equals(firstLease)
                    ? settings.waitMillis()
                    : Math.min(settings.waitMillis(), 2 * settings.leaseMillis());
        }

        private void await(Leases.Held held) {
            if (held == null) {
                ask();
                return;
            }
            awaited = held;
            held.await().whenComplete((entry, failure) -> {
                stopAwaiting();
                // What was filled under this lease, or after it, is younger than this lookup, which saw the lease held.
                // It is as if this reader had hit the entry itself. Not so a row that was refused.
                if (entry != null && asked.within(boundNanos) && rule.quick(entry, mustSee) instanceof Lookup.Hit hit) {
                    finish("shared", hit);
                } else {
                    ask();
                }
            });
        }

        private void stopAwaiting() {
            Leases.Held left = awaited;
            awaited = null;
            if (left != null) {
                left.leave();
            }
        }

        /** Who has waited for long asks less often: what a pause adds to the wait stays small beside it. */
        private void askAgainAfterPause(long waitedMillis) {
            loop.schedule(this::ask, pauseMillis, TimeUnit.MILLISECONDS);
            long longest = Math.max(LONGEST_PAUSE_MILLIS, Math.min(waitedMillis / 20, settings.leaseMillis() / 6));
            pauseMillis = Math.min(2 * pauseMillis, longest);
        }

        private void stopWatching(Entry filled) {
            if (watched != null) {
                leases.end(watched, filled);
                watched = null;
            }
        }

        private void finish(Lookup found) {
            finish(CacheReader.result(found), found);
        }

        private void finish(String result, Lookup lookup) {
            lookups.count(question.key().table(), result);
            if (!answer.complete(lookup) && lookup instanceof Lookup.Leased unused) {
                calls.release(unused.lease());
            }
        }
    }
}
