package io.cdccascade.component;

import io.cdccascade.http.Bulkheads;
import io.cdccascade.http.Problem;
import io.cdccascade.http.ProblemException;
import io.cdccascade.http.Read;
import io.cdccascade.http.ReadRequests;
import io.cdccascade.http.RunningRoutes;
import io.cdccascade.http.Serve;
import io.cdccascade.table.TableRegistry;
import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * {@code cascade:serve}: hands a request to the route of its operation, the common one or the table's own. A read is checked
 * here, and its variable {@code read} set; a write is checked by its route.
 */
final class ServeStep extends AsyncProcessorSupport {

    private final TableRegistry tables;
    private final ReadRequests reads;
    private final RunningRoutes routes;

    ServeStep(TableRegistry tables, ReadRequests reads, RunningRoutes routes) {
        this.tables = tables;
        this.reads = reads;
        this.routes = routes;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        AsyncProcessor route;
        try {
            route = route(exchange);
        } catch (ProblemException e) {
            Exchanges.answer(exchange, e.problem().answer());
            callback.done(true);
            return true;
        }
        return route.process(exchange, callback);
    }

    private AsyncProcessor route(Exchange exchange) {
        // Set already where the look-up came before the exchange.
        Read known = exchange.getVariable(Exchanges.READ, Read.class);
        Serve serve = known == null ? Serve.of(exchange, tables, reads) : Serve.of(known);
        exchange.setProperty(Bulkheads.PROPERTY, serve.bulkhead());
        if (serve.read() != null) {
            exchange.setVariable(Exchanges.READ, serve.read());
            exchange.getMessage().setBody(null);
        }
        AsyncProcessor entrance = routes.entrance(exchange.getContext(), serve.endpoint());
        if (entrance == null) {
            throw new ProblemException(Problem.of(503, "This operation is not served at the moment"));
        }
        return entrance;
    }
}
