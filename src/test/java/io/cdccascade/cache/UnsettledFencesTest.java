package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class UnsettledFencesTest {

    private static final ReadPoint BEFORE = new ReadPoint(Snapshot.parse("731:731:"), 8_000);
    private static final ReadPoint AFTER = new ReadPoint(Snapshot.parse("732:732:"), 8_000);

    private final UnsettledFences unsettled = new UnsettledFences(2);

    @Test
    void aChangeThatWasNotOverIsAppliedAgainOnceItIs() {
        unsettled.applied(List.of(fence(731)), BEFORE);

        assertThat(unsettled.with(List.of(fence(740)), BEFORE)).containsExactly(fence(740));
        assertThat(unsettled.with(List.of(fence(740)), AFTER)).containsExactly(fence(740), fence(731));
    }

    @Test
    void aChangeThatWasOverIsNotAppliedAgain() {
        unsettled.applied(List.of(fence(731)), BEFORE);
        unsettled.applied(List.of(fence(731), fence(730)), AFTER);

        assertThat(unsettled.with(List.of(), AFTER)).isEmpty();
    }

    @Test
    void nothingIsOverWhileThePrimaryCannotBeAsked() {
        unsettled.applied(List.of(fence(731)), null);

        assertThat(unsettled.with(List.of(fence(740)), null)).containsExactly(fence(740));
        assertThat(unsettled.with(List.of(), AFTER)).containsExactly(fence(731));
    }

    @Test
    void theOldestAreLeftToTheirTimeInRedis() {
        unsettled.applied(List.of(fence(728), fence(729), fence(730)), null);

        assertThat(unsettled.with(List.of(), AFTER)).containsExactly(fence(729), fence(730));
    }

    private static Fence fence(long xid) {
        return new Fence(new CacheKey("t", "1"), new WritePoint(xid, 10 * xid));
    }
}
