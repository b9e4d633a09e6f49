package io.cdccascade.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.consistency.History.Observation;
import io.cdccascade.consistency.History.State;
import io.cdccascade.consistency.History.Write;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistoryTest {

    /** Row 1 is made, changed, deleted, made again; then the table is truncated. */
    private final History history = new History(List.of(
            new State(1, 1L, "a", 10),
            new State(2, 1L, "b", 20),
            new State(3, 1L, null, 30),
            new State(4, 1L, "c", 40),
            new State(5, null, null, 50)));

    @Test
    void whatWasCommittedMayBeSeenByReadersWithoutATokenHoweverOldItIs() {
        assertThat(history.violation(new Observation(1, null, "a", 60))).isEmpty();
        assertThat(history.violation(new Observation(1, null, null, 5))).isEmpty();
        assertThat(history.violation(new Observation(2, null, null, 5))).isEmpty();
    }

    @Test
    void whatWasNotCommittedMayNotBeSeen() {
        assertThat(history.violation(new Observation(1, null, "d", 60))).isPresent();
        assertThat(history.violation(new Observation(2, null, "a", 60))).isPresent();
    }

    @Test
    void whatWasCommittedLaterMayNotBeSeen() {
        assertThat(history.violation(new Observation(1, null, "c", 35))).isPresent();
    }

    @Test
    void aWriterSeesItsWriteOrALaterOne() {
        Write b = new Write("token", "b", false);
        assertThat(history.violation(new Observation(1, b, "b", 60))).isEmpty();
        assertThat(history.violation(new Observation(1, b, "c", 60))).isEmpty();
        assertThat(history.violation(new Observation(1, b, null, 35))).isEmpty();
        assertThat(history.violation(new Observation(1, b, "a", 60))).isPresent();
    }

    @Test
    void aWriterDoesNotSeeTheAbsenceFromBeforeItsWrite() {
        assertThat(history.violation(new Observation(1, new Write("token", "a", false), null, 25)))
                .isPresent();
    }

    @Test
    void aDeleterDoesNotSeeTheRowThatItDeleted() {
        Write deletedB = new Write("token", "b", true);
        assertThat(history.violation(new Observation(1, deletedB, null, 35))).isEmpty();
        assertThat(history.violation(new Observation(1, deletedB, "c", 45))).isEmpty();
        assertThat(history.violation(new Observation(1, deletedB, "b", 45))).isPresent();
    }

    @Test
    void aTruncateDeletesEveryRow() {
        Write c = new Write("token", "c", false);
        assertThat(history.violation(new Observation(1, c, null, 45))).isPresent();
        assertThat(history.violation(new Observation(1, c, null, 55))).isEmpty();
    }
}
