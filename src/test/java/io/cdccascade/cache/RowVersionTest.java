package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowVersionTest {

    private static final String BEFORE = "700:705:";
    private static final String AFTER = "710:720:710,715";

    @Test
    void rowsOfOneStatementAreOfOneState() {
        assertThat(RowVersion.fractured(List.of())).isFalse();
        assertThat(RowVersion.fractured(List.of(row(AFTER, 718)))).isFalse();
        assertThat(RowVersion.fractured(List.of(row(AFTER, 718), row(AFTER, RowVersion.UNKNOWN), row(AFTER, 3))))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"699, false", "700, true", "704, true", "712, true"})
    void aWriterThatTheOtherSnapshotMayNotSeeFractures(long writer, boolean fractured) {
        assertThat(bothWays(row(BEFORE, 3), row(AFTER, writer))).containsOnly(fractured);
        assertThat(bothWays(row(BEFORE, 3), row(BEFORE, 698), row(AFTER, 3), row(AFTER, writer)))
                .containsOnly(fractured);
    }

    @Test
    void theOlderReadsWriterIsSeenByTheYoungerUnlessItMayBeASavepointOfOneThatRuns() {
        assertThat(bothWays(row(BEFORE, 704), row(AFTER, 3))).containsOnly(false);
        assertThat(bothWays(row("712:713:", 711), row(AFTER, 3))).containsOnly(true);
    }

    @Test
    void anUnknownWriterIsTheLastThatItsSnapshotCanSee() {
        assertThat(bothWays(row(BEFORE, RowVersion.UNKNOWN), row("705:705:", 3)))
                .containsOnly(false);
        assertThat(bothWays(row(BEFORE, RowVersion.UNKNOWN), row("704:705:704", 3)))
                .containsOnly(true);
    }

    @Test
    void rowsOfTwoHistoriesAreNotOfOneState() {
        assertThat(bothWays(row(BEFORE, 3), RowVersion.of("other", BEFORE, 3))).containsOnly(true);
    }

    @ParameterizedTest
    @CsvSource({
        "731, 5000000000, 4294968027",
        "4294967295, 5000000000, 4294967295",
        "705032703, 5000000000, 4999999999",
        "705032704, 5000000000, 705032704",
        "2, 5000000000, 2",
        "731, 732, 731"
    })
    void theWriterIsTheLastBelowXmaxWithThese32Bits(long xmin, long xmax, long writer) {
        assertThat(RowVersion.writer(xmin, new Snapshot(3, xmax, List.of()))).isEqualTo(writer);
    }

    private static RowVersion row(String snapshot, long writer) {
        return RowVersion.of("one", snapshot, writer);
    }

    private static Stream<Boolean> bothWays(RowVersion... rows) {
        List<RowVersion> reversed = new ArrayList<>(List.of(rows));
        Collections.reverse(reversed);
        return Stream.of(RowVersion.fractured(List.of(rows)), RowVersion.fractured(reversed));
    }
}
