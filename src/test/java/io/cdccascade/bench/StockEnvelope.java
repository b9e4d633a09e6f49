package io.cdccascade.bench;

import java.util.Map;
import org.apache.camel.Message;
import org.apache.camel.component.debezium.DebeziumConstants;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;

/** Makes the record that the stock consumer's exchange would be if it published the standard envelope. */
public final class StockEnvelope {

    private final JsonConverter keys = new JsonConverter();
    private final JsonConverter values = new JsonConverter();

    public StockEnvelope() {
        keys.configure(Map.of("schemas.enable", false), true);
        values.configure(Map.of("schemas.enable", false), false);
    }

    /** Turns the body, an envelope that was hoisted to where Camel looks for the row, into JSON. */
    public void publishable(Message message) {
        String topic = message.getHeader(DebeziumConstants.HEADER_IDENTIFIER, String.class);
        Struct key = message.getHeader(DebeziumConstants.HEADER_KEY, Struct.class);
        Struct value = message.getBody(Struct.class);
        message.removeHeaders("*");
        message.setHeader(KafkaConstants.OVERRIDE_TOPIC, topic);
        message.setHeader(KafkaConstants.KEY, keys.fromConnectData(topic, key.schema(), key));
        message.setBody(values.fromConnectData(topic, value.schema(), value));
    }
}
