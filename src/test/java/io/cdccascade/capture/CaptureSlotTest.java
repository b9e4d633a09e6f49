package io.cdccascade.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class CaptureSlotTest {

    private static final Map<String, Object> OFFSET = Map.of("lsn", 1200L, "lsn_proc", 1100L, "lsn_commit", 1000L);

    @Test
    void aSlotBehindTheOffsetsCommitContinuesIt() {
        assertThat(slot(999).continues(OFFSET)).isTrue();
        assertThat(slot(1000).continues(OFFSET)).isTrue();
    }

    @Test
    void aSlotAheadOfTheOffsetsCommitDoesNot() {
        assertThat(slot(1001).continues(OFFSET)).isFalse();
    }

    @Test
    void aSlotThatIsGoneOrHasLostItsLogDoesNot() {
        assertThat(slot(2000, false, false, 0).continues(OFFSET)).isFalse();
        assertThat(slot(2000, true, true, 900).continues(OFFSET)).isFalse();
    }

    @Test
    void anOffsetFromASnapshotContinuesFromItsLsnOnceTheSnapshotIsComplete() {
        assertThat(slot(1000)
                        .continues(Map.of(
                                "lsn",
                                1000,
                                "snapshot",
                                "INITIAL",
                                "last_snapshot_record",
                                true,
                                "snapshot_completed",
                                true)))
                .isTrue();
        assertThat(slot(1000)
                        .continues(Map.of(
                                "lsn",
                                1000,
                                "snapshot",
                                "INITIAL",
                                "last_snapshot_record",
                                true,
                                "snapshot_completed",
                                false)))
                .isTrue();
        assertThat(slot(1000)
                        .continues(Map.of(
                                "lsn",
                                1000,
                                "snapshot",
                                "INITIAL",
                                "last_snapshot_record",
                                false,
                                "snapshot_completed",
                                false)))
                .isFalse();
    }

    @Test
    void anOffsetWithoutAPositionIsContinuedByNothing() {
        assertThat(slot(0).continues(Map.of("ts_usec", 1))).isFalse();
    }

    @Test
    void anOffsetBeyondTheEndOfTheLogIsOfAnotherHistory() {
        assertThat(slot(1000, true, false, 900).continues(OFFSET)).isTrue();
        assertThat(slot(999, true, false, 900).continues(OFFSET)).isFalse();
    }

    private static CaptureSlot slot(long confirmed) {
        return slot(2000, true, false, confirmed);
    }

    private static CaptureSlot slot(long logEnd, boolean exists, boolean lost, long confirmed) {
        return new CaptureSlot("1/1", "now", logEnd, exists, null, lost, confirmed);
    }
}
