package io.cdccascade.component;

import io.cdccascade.http.Write;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.sql.SqlConstants;

/**
 * {@code cascade:find-created}: puts the statement in the body that reads the row that the write has stored. For tables with
 * a rule, from which PostgreSQL returns no row when it stores one.
 */
public final class FindCreatedStep implements Processor {

    @Override
    public void process(Exchange exchange) {
        Write write = Exchanges.write(exchange);
        Message message = exchange.getMessage();
        message.setHeader(SqlConstants.SQL_PARAMETERS, List.of(write.body()));
        message.setBody(write.created());
    }
}
