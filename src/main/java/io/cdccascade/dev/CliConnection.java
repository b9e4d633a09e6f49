package io.cdccascade.dev;

import org.apache.camel.CamelContext;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CliConnector;
import org.apache.camel.spi.CliConnectorFactory;
import org.apache.camel.support.SimpleEventNotifierSupport;

/**
 * Lets the Camel CLI look into this process, once it has started. Camel's own start of the connector is too early: the
 * connector's thread adds developer consoles while Camel iterates over them (DefaultDevConsoleRegistry, 4.17), which
 * now and then ends the start with a ConcurrentModificationException.
 */
public final class CliConnection extends SimpleEventNotifierSupport {

    private final CliConnectorFactory factory;
    private final boolean enabled;

    /**
     * @param factory what makes the connector; disabled until then
     * @param enabled whether it is to be made
     */
    public CliConnection(CliConnectorFactory factory, boolean enabled) {
        this.factory = factory;
        this.enabled = enabled;
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
        return enabled && event instanceof CamelEvent.CamelContextStartedEvent;
    }

    @Override
    public void notify(CamelEvent event) {
        CamelContext context = ((CamelEvent.CamelContextEvent) event).getContext();
        // Under the CLI there is one already.
        if (context.hasService(CliConnector.class) == null) {
            factory.setEnabled(true);
            try {
                context.addService(factory.createConnector());
            } catch (Exception e) {
                throw RuntimeCamelException.wrapRuntimeCamelException(e);
            }
        }
    }
}
