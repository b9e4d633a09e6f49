package io.cdccascade.capture;

import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.component.debezium.postgres.configuration.PostgresConnectorEmbeddedDebeziumConfiguration;
import org.apache.camel.support.DefaultEndpoint;

/** A captured database: the stock configuration, consumed by {@link CaptureConsumer}. */
final class CaptureEndpoint extends DefaultEndpoint {

    private final CaptureComponent component;
    private final PostgresConnectorEmbeddedDebeziumConfiguration configuration;

    CaptureEndpoint(
            String uri, CaptureComponent component, PostgresConnectorEmbeddedDebeziumConfiguration configuration) {
        super(uri, component);
        this.component = component;
        this.configuration = configuration;
    }

    CaptureComponent component() {
        return component;
    }

    PostgresConnectorEmbeddedDebeziumConfiguration configuration() {
        return configuration;
    }

    @Override
    public Consumer createConsumer(Processor processor) throws Exception {
        var consumer = new CaptureConsumer(this, processor);
        configureConsumer(consumer);
        return consumer;
    }

    @Override
    public Producer createProducer() {
        throw new UnsupportedOperationException("No route can send to " + getEndpointUri());
    }
}
