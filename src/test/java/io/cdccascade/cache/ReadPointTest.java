package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class ReadPointTest {

    private static final long MAX = 1L << 53;

    @Provide
    Arbitrary<Snapshot> snapshots() {
        return Snapshots.nearWraparounds();
    }

    @Property
    void aChangeIsSeenIfItsTransactionIsAndTheLogWasFlushedBeyondIt(
            @ForAll("snapshots") Snapshot snapshot,
            @ForAll @IntRange(min = -100, max = 100) int distance,
            @ForAll @LongRange(min = 0, max = MAX) long flushed,
            @ForAll @LongRange(min = 0, max = MAX) long lsn) {
        long xid = Math.max(1, snapshot.xmax() + distance);
        ReadPoint point = new ReadPoint(snapshot, flushed);
        boolean seen = snapshot.sees(xid) && lsn < flushed;
        assertThat(point.sees(new WritePoint(xid, lsn))).as("a token's xid").isEqualTo(seen);
        assertThat(point.sees(new WritePoint(Xid.narrow(xid), lsn)))
                .as("an event's xid")
                .isEqualTo(seen);
    }

    @Example
    void aRecordThatBeginsWhereTheFlushedLogEndedCameLater() {
        ReadPoint point = new ReadPoint(Snapshot.parse("732:732:"), 7_320);
        assertThat(point.sees(new WritePoint(731, 7_319))).isTrue();
        assertThat(point.sees(new WritePoint(731, 7_320))).isFalse();
    }

    @Property
    void aTokenIsReadBackAsItWasPrinted(
            @ForAll @LongRange(min = 1, max = MAX) long xid, @ForAll @LongRange(min = 0, max = MAX) long lsn) {
        WritePoint change = new WritePoint(xid, lsn);
        assertThat(WritePoint.parse(change.toString())).isEqualTo(change);
        WritePoint token = new WritePoint("69a1b2c3d4e5f607.1F", xid, lsn);
        assertThat(WritePoint.parse(token.toString())).isEqualTo(token);
    }

    @Example
    void whatIsNotATokenIsRejected() {
        for (String text : List.of(
                "",
                "731",
                "731-",
                "-7310",
                "731-7310-1",
                "731--1",
                "0-7310",
                "0731-7310",
                "731-07310",
                "731@7310",
                " 731-7310",
                "9007199254740993-1",
                "1-9007199254740993",
                "1-99999999999999999999",
                "a-b",
                "٣-٣")) {
            assertThatIllegalArgumentException().as(text).isThrownBy(() -> WritePoint.parse(text));
        }
    }

    @Example
    void positionsThatRedisCannotCountExactlyAreRejected() {
        Snapshot snapshot = Snapshot.parse("732:732:");
        assertThatIllegalArgumentException().isThrownBy(() -> new ReadPoint(snapshot, MAX + 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ReadPoint(snapshot, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> new WritePoint(731, MAX + 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new WritePoint(-1, 7_310));
    }
}
