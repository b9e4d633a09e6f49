package io.cdccascade.component;

import io.cdccascade.http.Read;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * {@code cascade:answer}: makes the answer of the variable {@code write}, or else {@code read}, the message. Headers that
 * other steps have set stay.
 */
public final class AnswerStep implements Processor {

    @Override
    public void process(Exchange exchange) {
        if (exchange.getVariable(Exchanges.WRITE) != null) {
            Exchanges.answer(exchange, Exchanges.write(exchange).answer());
        } else {
            Read read = Exchanges.read(exchange);
            read.adopt(exchange.getMessage().getBody());
            Exchanges.answer(exchange, read.answer());
        }
    }
}
