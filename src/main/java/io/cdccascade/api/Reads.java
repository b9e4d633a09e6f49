package io.cdccascade.api;

import io.cdccascade.cache.Fence;
import io.cdccascade.cache.FencedCache;
import io.cdccascade.cache.FillResult;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.ReadPoint;
import io.cdccascade.cache.Snapshot;
import io.cdccascade.cache.WritePoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.camel.Variable;
import org.redisson.client.RedisException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the routes ask of the cache, by the variables that they keep it in. */
public final class Reads {

    private static final Logger LOG = LoggerFactory.getLogger(Reads.class);

    private final FencedCache cache;

    public Reads(FencedCache cache) {
        this.cache = cache;
    }

    /** Looks the row up; a miss comes with the lease to fill it, or without when somebody else holds it. */
    public Lookup lookUp(@Variable("request") ReadRequest request) {
        return cache.lookup(request.key(), request.token());
    }

    /** What a look-up comes to while Redis does not answer. */
    public Lookup unavailable() {
        return new Lookup.Bypass(Lookup.Reason.AWAY);
    }

    /** Whether the look-up found the entry. */
    public boolean hit(@Variable("lookup") Lookup lookup) {
        return lookup instanceof Lookup.Hit;
    }

    /** Whether the look-up got the lease. */
    public boolean leased(@Variable("lookup") Lookup lookup) {
        return lookup instanceof Lookup.Leased;
    }

    /** Stores what was loaded under the lease. */
    public FillResult fill(@Variable("request") ReadRequest request, @Variable("lookup") Lookup lookup,
                           @Variable("loaded") Map<String, Object> loaded) {
        String row = (String) loaded.get("row");
        Duration ttl = request.cached().ttl(row == null);
        ReadPoint point = new ReadPoint(Snapshot.parse((String) loaded.get("snapshot")), (Long) loaded.get("lsn"));
        return cache.fill(((Lookup.Leased) lookup).lease(), point, row, ttl.toMillis());
    }

    /** Gives back the lease of a request that failed, if it has one, so that nobody waits for its fill. */
    public void release(@Variable("lookup") Lookup lookup) {
        if (lookup instanceof Lookup.Leased leased) {
            try {
                cache.release(leased.lease());
            } catch (RedisException e) {
                LOG.debug("A lease was not given back: it expires", e);
            }
        }
    }

    /** Fences the row that was just written. */
    public void fence(@Variable("write") WriteRequest write, @Variable("row") Map<String, Object> row) {
        WritePoint change = WritePoint.parse((String) row.get("token"));
        cache.invalidate(List.of(new Fence(write.keyOf((String) row.get("key")), change)));
    }
}
