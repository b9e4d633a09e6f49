package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class FreshnessTest {

    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    private final Lookup hit = new Lookup.Hit(Entries.of("{}", new ReadPoint(Snapshot.parse("731:731:"), 7_310), 0));

    @Test
    void aHitUnderAnOldWatermarkIsStaleAndKeepsItsEntry() {
        Lookup found = agedMinutes(2).bound(hit, MINUTE);

        assertThat(found).isEqualTo(new Lookup.Bypass(Lookup.Reason.STALE, ((Lookup.Hit) hit).entry()));
    }

    @Test
    void aHitUnderAYoungWatermarkIsAHit() {
        assertThat(agedMinutes(2).bound(hit, 3 * MINUTE)).isSameAs(hit);
    }

    @Test
    void withoutABoundAHitIsAHit() {
        assertThat(agedMinutes(2).bound(hit, Freshness.UNBOUNDED)).isSameAs(hit);
    }

    @Test
    void whatIsNoHitIsNotStale() {
        Lookup busy = new Lookup.Bypass(Lookup.Reason.BUSY);

        assertThat(agedMinutes(2).bound(busy, MINUTE)).isSameAs(busy);
    }

    private static Freshness agedMinutes(int minutes) {
        return new Freshness(System.nanoTime() - minutes * MINUTE, null);
    }
}
