package io.cdccascade.http;

import io.cdccascade.cache.Fence;
import io.cdccascade.cache.FencedCache;
import io.cdccascade.cache.FillResult;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.ReadPoint;
import io.cdccascade.cache.Snapshot;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.InvalidKeyException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
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
        return cache.lookup(request.key(), request.table().fingerprint(), request.token());
    }

    /** Looks several rows up, in one round trip, without waiting for those that somebody else is filling. */
    public List<Lookup> lookUpAll(@Variable("page") PageRequest page) {
        return cache.lookupAll(page.cacheKeys(), page.table().fingerprint(), page.token());
    }

    /** What that comes to while Redis does not answer. */
    public List<Lookup> allUnavailable(@Variable("page") PageRequest page) {
        return Collections.nCopies(page.keys().size(), unavailable());
    }

    /** Whether every look-up found its entry. */
    public boolean allHit(@Variable("lookups") List<Lookup> lookups) {
        return lookups.stream().allMatch(Lookup.Hit.class::isInstance);
    }

    /** Stores what was loaded, one for each look-up that was no hit, where the look-up got the lease. */
    public void fillAll(
            @Variable("page") PageRequest page,
            @Variable("lookups") List<Lookup> lookups,
            @Variable("loaded") List<Map<String, Object>> loaded) {
        List<FencedCache.Load> loads = new ArrayList<>();
        Iterator<Map<String, Object>> next = loaded.iterator();
        for (Lookup lookup : lookups) {
            Map<String, Object> one = lookup instanceof Lookup.Hit ? null : next.next();
            if (lookup instanceof Lookup.Leased leased) {
                String row = (String) one.get("row");
                loads.add(new FencedCache.Load(
                        leased.lease(),
                        readPoint(one),
                        row,
                        page.table().file().ttl(row == null).toMillis()));
            }
        }
        cache.fillAll(loads);
    }

    /** The parameters of the statement that loads what was not found. */
    public List<String> missing(@Variable("page") PageRequest page, @Variable("lookups") List<Lookup> lookups) {
        return page.missingParameters(lookups);
    }

    /** The page that is asked for of a whole list, or null when it has to be read from PostgreSQL. */
    public ListPage cut(
            @Variable("page") PageRequest page,
            @Variable("lookup") Lookup lookup,
            @Variable("loaded") Map<String, Object> loaded) {
        return ListPage.cut(page, lookup instanceof Lookup.Hit hit ? hit.entry().row() : (String) loaded.get("row"));
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
    public FillResult fill(
            @Variable("request") ReadRequest request,
            @Variable("lookup") Lookup lookup,
            @Variable("loaded") Map<String, Object> loaded) {
        String row = (String) loaded.get("row");
        Duration ttl = request.table().file().ttl(row == null);
        return cache.fill(((Lookup.Leased) lookup).lease(), readPoint(loaded), row, ttl.toMillis());
    }

    private static ReadPoint readPoint(Map<String, Object> loaded) {
        return new ReadPoint(Snapshot.parse((String) loaded.get("snapshot")), (Long) loaded.get("lsn"));
    }

    /** Gives back the lease of a request that failed, if it has one, so that nobody waits for its fill. */
    public void release(@Variable("lookup") Lookup lookup, @Variable("lookups") List<Lookup> lookups) {
        Stream.concat(Stream.ofNullable(lookup), lookups == null ? Stream.empty() : lookups.stream())
                .filter(Lookup.Leased.class::isInstance)
                .map(Lookup.Leased.class::cast)
                .forEach(leased -> {
                    try {
                        cache.release(leased.lease());
                    } catch (RedisException e) {
                        LOG.debug("A lease was not given back: it expires", e);
                    }
                });
    }

    /** Fences the row that was just written. */
    public void fence(@Variable("write") WriteRequest write, @Variable("row") Map<String, Object> row) {
        WritePoint change = WritePoint.parse((String) row.get("token"));
        try {
            cache.invalidate(List.of(new Fence(write.keyOf((String) row.get("key")), change)));
        } catch (InvalidKeyException e) {
            LOG.debug("A key that no path can name is never looked up", e);
        }
    }
}
