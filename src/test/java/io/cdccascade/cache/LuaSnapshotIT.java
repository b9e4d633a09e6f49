package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.support.TestFolders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.lifecycle.Lifespan;
import net.jqwik.api.lifecycle.Store;
import org.redisson.api.RScript;
import org.redisson.client.codec.StringCodec;

class LuaSnapshotIT {

    private static final Store<TestRedis> REDIS = Store.create("redis", Lifespan.RUN, LuaSnapshotIT::start);
    private static final long MAX = 1L << 53;
    private static final String SCRIPT = "#!lua\n" + Script.resource("common")
            + "local _, xmax = bounds(ARGV[1])\n"
            + "return {tostring(saw(ARGV[1], ARGV[2], ARGV[3], ARGV[4])), text(widen(tonumber(ARGV[3]), xmax))}";

    @BeforeContainer
    static void startRedis() {
        Objects.requireNonNull(REDIS.get());
    }

    @AfterContainer
    static void stopRedis() {
        REDIS.get().close();
    }

    @Provide
    Arbitrary<Snapshot> snapshots() {
        return Snapshots.nearWraparounds();
    }

    @Property
    void redisSeesWhatJavaSees(
            @ForAll("snapshots") Snapshot snapshot,
            @ForAll @LongRange(min = -60, max = 60) long distance,
            @ForAll @LongRange(min = 0, max = MAX) long flushed,
            @ForAll @LongRange(min = -3, max = 3) long ahead) {
        long lsn = Math.min(MAX, Math.max(0, flushed + ahead));
        assertAgreement(new ReadPoint(snapshot, flushed), new WritePoint(Xid.narrow(snapshot.xmax() + distance), lsn));
    }

    @Property
    void redisAndJavaAgreeOnEvery32BitXid(
            @ForAll("snapshots") Snapshot snapshot, @ForAll @LongRange(min = 0, max = (1L << 32) - 1) long xid) {
        assertAgreement(new ReadPoint(snapshot, 1), new WritePoint(xid, 0));
    }

    private static void assertAgreement(ReadPoint point, WritePoint change) {
        List<String> lua = REDIS.get()
                .client()
                .getScript(StringCodec.INSTANCE)
                .eval(
                        RScript.Mode.READ_WRITE,
                        SCRIPT,
                        RScript.ReturnType.MULTI,
                        List.of("any"),
                        point.snapshot().toString(),
                        String.valueOf(point.lsn()),
                        String.valueOf(change.xid()),
                        String.valueOf(change.lsn()));
        assertThat(lua)
                .as("%s in %s", change, point)
                .containsExactly(
                        String.valueOf(point.sees(change)),
                        String.valueOf(Xid.widen(change.xid(), point.snapshot().xmax())));
    }

    private static TestRedis start() {
        try {
            return new TestRedis(TestFolders.create());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
