package io.cdccascade.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.cdccascade.table.TableName;
import io.debezium.engine.ChangeEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

class CapturedRecordsTest {

    private final CapturedRecords batch = new CapturedRecords(
            new DefaultCamelContext(false),
            List.of(event("a", "key", "value"), event("b", "key", null), event("c", null, "value")));

    @Test
    void everyMessageNamesItsTopicAndKeyAndHasTheEventAsBody() {
        List<Message> messages = messages();

        assertThat(messages)
                .extracting(message -> message.getHeader(KafkaConstants.OVERRIDE_TOPIC))
                .containsExactly("a", "b", "c");
        assertThat(messages.get(0).getHeader(KafkaConstants.KEY)).isEqualTo(bytes("key"));
        assertThat(messages.get(0).getBody()).isEqualTo(bytes("value"));
    }

    @Test
    void aTombstoneHasNoBodyAndATruncateNoKey() {
        assertThat(messages().get(1).getBody()).isNull();
        assertThat(messages().get(2).getHeaders()).doesNotContainKey(KafkaConstants.KEY);
    }

    @Test
    void aBatchThatIsSentAgainNamesItsTopicsAgain() {
        messages().forEach(message -> message.removeHeader(KafkaConstants.OVERRIDE_TOPIC));

        assertThat(messages())
                .extracting(message -> message.getHeader(KafkaConstants.OVERRIDE_TOPIC))
                .containsExactly("a", "b", "c");
    }

    @Test
    void aRowThatIsTooLargeIsSentWithoutItsValuesOrAsATruncate() {
        String row = """
                {"before":{"a":1},"after":{"a":2},"source":{"schema":"s","table":"t","txId":7,"lsn":8},"op":"u"}""";
        for (String value : List.of(row, "{\"schema\":{},\"payload\":" + row + "}")) {
            var oversize = RefusedRecord.of(event("a", "key", value));

            assertThat(oversize.table()).hasValue(new TableName("s", "t"));
            String smaller = value.replace("{\"a\":1}", "null").replace("{\"a\":2}", "null");
            assertThat(oversize.smaller())
                    .extracting(ChangeEvent::destination, ChangeEvent::key, ChangeEvent::value)
                    .containsExactly(
                            tuple("a", bytes("key"), bytes(smaller)),
                            tuple("a", null, bytes(smaller.replace("\"u\"", "\"t\""))));
        }
    }

    @Test
    void aMessageOrATombstoneThatIsTooLargeIsLeftOut() {
        for (String value : new String[] {"{\"op\":\"m\",\"source\":{\"schema\":\"\",\"table\":\"\"}}", null}) {
            var oversize = RefusedRecord.of(event("a", "key", value));

            assertThat(oversize.table()).isEmpty();
            assertThat(oversize.smaller()).isEmpty();
        }
    }

    private List<Message> messages() {
        var messages = new ArrayList<Message>();
        batch.forEach(messages::add);
        return messages;
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static ChangeEvent<byte[], byte[]> event(String topic, String key, String value) {
        return new ChangeEvent<>() {
            @Override
            public byte[] key() {
                return bytes(key);
            }

            @Override
            public byte[] value() {
                return bytes(value);
            }

            @Override
            public String destination() {
                return topic;
            }

            @Override
            public Integer partition() {
                return null;
            }
        };
    }
}
