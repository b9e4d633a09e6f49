package io.cdccascade.capture;

import io.debezium.engine.ChangeEvent;
import java.util.Iterator;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.support.DefaultMessage;

/**
 * The records of one batch of Debezium's, as camel-kafka's producer sends them: each message has the record's value, JSON,
 * as body (null for a tombstone) and its topic and key (absent for a TRUNCATE) as headers.
 *
 * <p>Every iteration makes new messages, because the producer removes the topic from those that it has sent, and a
 * redelivery of the same exchange needs it again.
 */
record CapturedRecords(CamelContext context, List<ChangeEvent<byte[], byte[]>> events) implements Iterable<Message> {

    @Override
    public Iterator<Message> iterator() {
        return events.stream().map(this::message).iterator();
    }

    private Message message(ChangeEvent<byte[], byte[]> event) {
        var message = new DefaultMessage(context);
        message.setBody(event.value());
        message.setHeader(KafkaConstants.OVERRIDE_TOPIC, event.destination());
        if (event.key() != null) {
            message.setHeader(KafkaConstants.KEY, event.key());
        }
        return message;
    }
}
