package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class SnapshotTest {

    @Provide
    Arbitrary<Snapshot> snapshots() {
        return Snapshots.nearWraparounds();
    }

    @Property
    void exactlyTheCompletedTransactionsAreSeen(
            @ForAll @LongRange(min = 1, max = 1L << 52) long first,
            @ForAll Set<@IntRange(min = 0, max = 30) Integer> steps) {
        Set<Long> completed = steps.stream().map(step -> first + step).collect(Collectors.toSet());
        Snapshot snapshot = Snapshots.of(first, completed);
        for (long xid = first; xid < first + 40; xid++) {
            assertThat(snapshot.sees(xid)).as("xid %d in %s", xid, snapshot).isEqualTo(completed.contains(xid));
        }
        assertThat(snapshot.sees(first - 1)).isTrue();
    }

    @Property
    void aSnapshotIsReadBackAsItWasPrinted(@ForAll("snapshots") Snapshot snapshot) {
        assertThat(Snapshot.parse(snapshot.toString())).isEqualTo(snapshot);
    }

    @Example
    void postgresqlsTextIsUnderstood() {
        assertThat(Snapshot.parse("10:20:10,14,15")).isEqualTo(new Snapshot(10, 20, List.of(10L, 14L, 15L)));
        assertThat(Snapshot.parse("731:731:")).isEqualTo(new Snapshot(731, 731, List.of()));
    }

    @Example
    void whatIsNotASnapshotIsRejected() {
        for (String text : List.of(
                "",
                "1",
                "1:2",
                "1:2:3:4",
                "2:1:",
                "0:1:",
                "1:5:5",
                "1:5:3,2",
                "1:5:2,",
                "2:5:1",
                "-1:2:",
                "a:b:c",
                "1:2: ",
                "1:99999999999999999999:")) {
            assertThatIllegalArgumentException().as(text).isThrownBy(() -> Snapshot.parse(text));
        }
    }
}
