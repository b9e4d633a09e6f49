package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    private static final String SCRIPT = "#!lua\n" + Script.resource("common")
            + "local _, xmax = bounds(ARGV[1])\n"
            + "return {tostring(seesFenced(ARGV[1], ARGV[2])), text(widen(tonumber(ARGV[2]), xmax))}";

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
    void redisSeesWhatJavaSees(@ForAll("snapshots") Snapshot snapshot,
            @ForAll @LongRange(min = -60, max = 60) long distance) {
        assertAgreement(snapshot, Xid.narrow(snapshot.xmax() + distance));
    }

    @Property
    void redisAndJavaAgreeOnEvery32BitXid(@ForAll("snapshots") Snapshot snapshot,
            @ForAll @LongRange(min = 0, max = (1L << 32) - 1) long xid) {
        assertAgreement(snapshot, xid);
    }

    private static void assertAgreement(Snapshot snapshot, long xid) {
        List<String> lua = REDIS.get().client().getScript(StringCodec.INSTANCE).eval(RScript.Mode.READ_WRITE, SCRIPT,
                RScript.ReturnType.MULTI, List.of("any"), snapshot.toString(), String.valueOf(xid));
        assertThat(lua).as("xid %d in %s", xid, snapshot).containsExactly(
                String.valueOf(snapshot.seesEvent(xid)), String.valueOf(Xid.widen(xid, snapshot.xmax())));
    }

    private static TestRedis start() {
        try {
            Path folder = Files.createTempDirectory("redis");
            folder.toFile().deleteOnExit();
            return new TestRedis(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
