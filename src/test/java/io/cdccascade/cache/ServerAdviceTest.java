package io.cdccascade.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerAdviceTest {

    private static final RedisSettings SERVER = new RedisSettings("redis", 6379, "secret", 80, 1_000);
    private static final RedisSettings CLUSTER =
            new RedisSettings("redis-1, redis-2:6380,::1", 6379, "secret", true, 80, 1_000);

    @Test
    void goodSettingsAreNotSpokenOf() {
        assertThat(ServerAdvice.of(info("standalone", 100, "volatile-lru"), SERVER))
                .isEmpty();
        assertThat(ServerAdvice.of(info("standalone", 100, "allkeys-lru"), SERVER))
                .isEmpty();
        assertThat(ServerAdvice.of(info("cluster", 100, "volatile-lru"), CLUSTER))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"volatile-ttl", "volatile-random", "allkeys-random", "volatile-lfu", "allkeys-lfu"})
    void aPolicyThatEvictsFencesIsNamedWithWhatToDo(String policy) {
        assertThat(ServerAdvice.of(info("standalone", 100, policy), SERVER))
                .singleElement()
                .asString()
                .contains(policy, "stale", "CONFIG SET maxmemory-policy volatile-lru");
        assertThat(ServerAdvice.of(info("standalone", 0, policy), SERVER))
                .as("nothing is ever evicted")
                .isEmpty();
    }

    @Test
    void aFullRedisThatEvictsNothingStoresNothing() {
        assertThat(ServerAdvice.of(info("standalone", 100, "noeviction"), SERVER))
                .singleElement()
                .asString()
                .contains("noeviction", "No row becomes stale");
    }

    @Test
    void theSettingForClustersIsComparedWithTheServer() {
        assertThat(ServerAdvice.of(info("cluster", 0, "noeviction"), SERVER))
                .singleElement()
                .asString()
                .contains("cascade.redis.cluster=true");
        Exception refused = new IllegalStateException("no topology");
        refused.addSuppressed(new IllegalStateException("ERR This instance has cluster support disabled"));
        assertThat(ServerAdvice.ofFailure(new IllegalStateException(refused), CLUSTER))
                .singleElement()
                .asString()
                .contains("cascade.redis.cluster=false");
        assertThat(ServerAdvice.ofFailure(new IllegalStateException("refused"), CLUSTER))
                .isEmpty();
    }

    @Test
    void aClusterMayBeFoundByAnyOfSeveralNodes() {
        assertThat(CLUSTER.nodes())
                .isEqualTo(List.of(
                        new RedisSettings.Node("redis-1", 6379),
                        new RedisSettings.Node("redis-2", 6380),
                        new RedisSettings.Node("::1", 6379)));
        assertThatThrownBy(() -> new RedisSettings("redis-1,redis-2", 6379, "", 80, 1_000))
                .hasMessageContaining("cascade.redis.cluster=true");
    }

    private static String info(String mode, long maxmemory, String policy) {
        return "# Server\r\nredis_mode:" + mode + "\r\n\r\n# Memory\r\nmaxmemory:" + maxmemory
                + "\r\nmaxmemory_human:0B\r\nmaxmemory_policy:" + policy + "\r\n";
    }
}
