package io.cdccascade.component;

import io.cdccascade.invalidation.DeadLetter;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.support.DefaultMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code cascade:dead-letters}: makes the body the dead letters of the variable {@code changes}, as the {@code kafka}
 * producer sends them with {@code batchWithIndividualHeaders}: an iterable of messages, each with the record's key and
 * value as they were, the name of its dead-letter topic, its source and the cause. Logs each of them.
 *
 * <p>Public, because the Camel CLI makes an object of every class that it compiles and that needs no arguments.
 */
public final class DeadLettersStep implements Processor {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetter.class);

    @Override
    public void process(Exchange exchange) {
        List<DeadLetter> letters = ReadChangesStep.changes(exchange).deadLetters();
        letters.forEach(letter -> LOG.warn("Unreadable record at {}: {}", letter.source(), letter.cause()));
        CamelContext context = exchange.getContext();
        // New messages for each attempt to send them: the producer removes the topic from those that it has sent.
        Iterable<Message> messages =
                () -> letters.stream().map(letter -> message(context, letter)).iterator();
        exchange.getMessage().setBody(messages);
    }

    private static Message message(CamelContext context, DeadLetter letter) {
        Message message = new DefaultMessage(context);
        message.setBody(letter.value());
        message.setHeader(KafkaConstants.OVERRIDE_TOPIC, letter.deadLetterTopic());
        if (letter.key() != null) {
            message.setHeader(KafkaConstants.KEY, letter.key());
        }
        message.setHeader(DeadLetter.SOURCE_HEADER, letter.source());
        message.setHeader(DeadLetter.CAUSE_HEADER, letter.cause());
        return message;
    }
}
