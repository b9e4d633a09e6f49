package io.cdccascade.http;

import io.cdccascade.cache.Freshness;
import io.cdccascade.table.CachedTable;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * For how long changes may not have been applied while an entry is answered: what the table's file or else the settings say,
 * tightened or loosened by the request's {@code Cache-Control}, as of <a
 * href="https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1">RFC 9111</a>. An entry is as old as the watermark, not as its
 * last load: it was compared with all changes until then.
 *
 * @param nanos        nanoseconds, or {@link Freshness#UNBOUNDED}; below 0 no entry is answered
 * @param onErrorNanos the same when PostgreSQL does not answer; no less than {@code nanos}
 */
record StalenessBound(long nanos, long onErrorNanos) {

    static final StalenessBound NONE = new StalenessBound(Freshness.UNBOUNDED, Freshness.UNBOUNDED);

    /**
     * The bound of one request.
     *
     * @param common       the bound of tables whose file sets none, zero for none
     * @param cacheControl the request's header, all its lines as one; or null
     */
    static StalenessBound of(CachedTable file, Duration common, String cacheControl) {
        Duration set = file.maxStaleness() == null ? common : file.maxStaleness();
        long bound = set.isZero() ? Freshness.UNBOUNDED : set.toNanos();
        long onError = sum(bound, file.staleIfError().toNanos());
        return cacheControl == null ? new StalenessBound(bound, onError) : asked(bound, onError, cacheControl);
    }

    private static StalenessBound asked(long bound, long onError, String cacheControl) {
        Map<String, String> directives = Directives.of(cacheControl);
        if (directives.containsKey("no-cache")) {
            return new StalenessBound(-1, -1);
        }
        long maxStale = "".equals(directives.get("max-stale"))
                ? Freshness.UNBOUNDED
                : nanos(Math.max(0, Directives.seconds(directives, "max-stale")));
        long loosened = sum(bound, maxStale);
        long maxAge = Directives.seconds(directives, "max-age");
        if (maxAge < 0) {
            return new StalenessBound(loosened, Math.max(loosened, onError));
        }
        // Who sets a limit does not want more in case of an error.
        long tightened = Math.min(loosened, nanos(maxAge));
        return new StalenessBound(tightened, tightened);
    }

    private static long nanos(long seconds) {
        return TimeUnit.SECONDS.toNanos(seconds);
    }

    private static long sum(long bound, long more) {
        return bound == Freshness.UNBOUNDED || more == Freshness.UNBOUNDED ? Freshness.UNBOUNDED : bound + more;
    }
}
