package io.cdccascade.component;

import io.cdccascade.http.Write;
import io.cdccascade.http.WriteRequests;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.sql.SqlConstants;

/**
 * {@code cascade:check}: checks a request to write and sets the variable {@code write}. The statement becomes the message's
 * body and its parameters a header, which is how {@code sql:} takes a statement that is not the same for every request.
 */
final class CheckStep implements Processor {

    private final WriteRequests requests;

    CheckStep(WriteRequests requests) {
        this.requests = requests;
    }

    @Override
    public void process(Exchange exchange) {
        Write write = requests.write(exchange);
        exchange.setVariable(Exchanges.WRITE, write);
        Message message = exchange.getMessage();
        message.setHeader(SqlConstants.SQL_PARAMETERS, write.parameters());
        message.setBody(write.sql());
    }
}
