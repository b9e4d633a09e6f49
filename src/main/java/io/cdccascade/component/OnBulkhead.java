package io.cdccascade.component;

import io.cdccascade.http.Bulkheads;
import io.netty.util.concurrent.EventExecutor;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.AsyncProcessorSupport;

/** A step that computes for long or asks PostgreSQL: the event loop hands it to the pool of the request's kind. */
final class OnBulkhead extends AsyncProcessorSupport {

    private final Processor step;
    private final EventExecutor loop;
    private final Bulkheads bulkheads;

    OnBulkhead(Processor step, EventExecutor loop, Bulkheads bulkheads) {
        this.step = step;
        this.loop = loop;
        this.bulkheads = bulkheads;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        if (!loop.inEventLoop()) {
            run(exchange);
            callback.done(true);
            return true;
        }
        bulkheads.run(
                exchange.getProperty(Bulkheads.PROPERTY, Bulkheads.Kind.OTHERS, Bulkheads.Kind.class),
                () -> {
                    run(exchange);
                    callback.done(false);
                },
                () -> {
                    exchange.setException(Bulkheads.busy());
                    callback.done(false);
                });
        return false;
    }

    private void run(Exchange exchange) {
        try {
            step.process(exchange);
        } catch (Exception e) {
            exchange.setException(e);
        }
    }
}
