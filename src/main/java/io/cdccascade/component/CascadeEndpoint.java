package io.cdccascade.component;

import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultAsyncProducer;
import org.apache.camel.support.DefaultEndpoint;

/** One step of {@link CascadeComponent}. Routes send to it; nothing comes from it. */
final class CascadeEndpoint extends DefaultEndpoint {

    private final AsyncProcessor step;

    CascadeEndpoint(String uri, CascadeComponent component, AsyncProcessor step) {
        super(uri, component);
        this.step = step;
    }

    @Override
    public Producer createProducer() {
        return new DefaultAsyncProducer(this) {
            @Override
            public boolean process(Exchange exchange, AsyncCallback callback) {
                return step.process(exchange, callback);
            }
        };
    }

    @Override
    public Consumer createConsumer(Processor processor) {
        throw new UnsupportedOperationException("A route cannot start from " + getEndpointUri() + ", which is a step");
    }

    /** What the step does. */
    AsyncProcessor step() {
        return step;
    }
}
