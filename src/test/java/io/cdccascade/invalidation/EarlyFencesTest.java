package io.cdccascade.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.Fence;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.CachedTable;
import io.cdccascade.table.SampleTables;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.ServedTables;
import io.cdccascade.table.Table;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.camel.CamelContext;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultMessage;
import org.junit.jupiter.api.Test;

/** What capture fences while it publishes a batch. */
class EarlyFencesTest {

    private static final CamelContext CONTEXT = new DefaultCamelContext();
    private static final Table ORDERS = SampleTables.full(SampleTables.table(
            "orders",
            List.of("id"),
            SampleTables.column("id", "bigint", "int8", 'N', true),
            SampleTables.column("customer_id", "integer", "int4", 'N', false)));

    private final CachedTable file = new CachedTable();

    EarlyFencesTest() {
        file.setTable("orders");
    }

    @Test
    void aRowAndTheListsThatItIsInAreFencedAsWhenTheEventComesFromKafka() {
        file.setLists("customer_id");

        assertThat(fences(change(1)))
                .containsExactly(
                        fence("public.orders", "1"),
                        fence("public.orders?customer_id", "8"),
                        fence("public.orders?customer_id", "7"));
    }

    @Test
    void whatConcernsAWholeTableIsLeftToKafka() {
        assertThat(fences(
                        message(null, "{\"op\":\"t\",\"source\":{\"schema\":\"public\",\"table\":\"orders\"}}"),
                        message(
                                "{\"id\":1}",
                                "{\"op\":\"r\",\"source\":{\"schema\":\"public\",\"table\":\"orders\"}}")))
                .isEmpty();
    }

    @Test
    void entriesThatAreToBeLoadedAgainAreLeftToKafka() {
        file.setOnChange("refresh");

        assertThat(fences(change(1))).isEmpty();
    }

    @Test
    void whatIsNoChangeOrCannotBeReadKeepsNoOtherFromBeingFenced() {
        assertThat(fences(
                        message("{\"id\":1}", null),
                        message(null, "{\"ts_ms\":1}"),
                        message("{\"id\":", "{\"op\":"),
                        change(2)))
                .contains(fence("public.orders", "2"));
    }

    @Test
    void aBatchOfMoreThanSixteenRecordsIsNotRead() {
        assertThat(early().of(changes(16)))
                .hasValueSatisfying(fences -> assertThat(fences).hasSize(16));
        assertThat(early().of(changes(17))).isEmpty();
    }

    @Test
    void aBatchOfLargeRecordsIsNotRead() {
        assertThat(early().of(List.of(message("{\"id\":1}", " ".repeat(65_536)))))
                .isEmpty();
    }

    private List<Fence> fences(Message... records) {
        return early().of(List.of(records)).orElseThrow();
    }

    private EarlyFences early() {
        ServedTable served = SampleTables.serve(file, ORDERS);
        return new EarlyFences(() -> new ServedTables(List.of(served), List.of(), Set.of()));
    }

    private static Fence fence(String name, String key) {
        return new Fence(new CacheKey(name, key), new WritePoint(731, 7310));
    }

    private static List<Message> changes(int count) {
        return IntStream.range(0, count).mapToObj(EarlyFencesTest::change).toList();
    }

    private static Message change(long id) {
        return message(
                "{\"id\":" + id + "}",
                "{\"op\":\"u\",\"source\":{\"schema\":\"public\",\"table\":\"orders\",\"txId\":731,\"lsn\":7310},"
                        + "\"before\":{\"id\":" + id + ",\"customer_id\":7},\"after\":{\"id\":" + id
                        + ",\"customer_id\":8}}");
    }

    private static Message message(String key, String value) {
        Message message = new DefaultMessage(CONTEXT);
        message.setBody(value == null ? null : value.getBytes(StandardCharsets.UTF_8));
        if (key != null) {
            message.setHeader(KafkaConstants.KEY, key.getBytes(StandardCharsets.UTF_8));
        }
        return message;
    }
}
