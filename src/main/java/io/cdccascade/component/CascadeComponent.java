package io.cdccascade.component;

import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.Endpoint;
import org.apache.camel.support.DefaultComponent;

/**
 * The component {@code cascade:}, whose endpoints are the steps that routes are made of: {@code cascade:lookup},
 * {@code cascade:fence} and so on. A step keeps what it works on in one typed variable of the exchange, and neither
 * reads nor writes message headers, so that other steps may stand between two of them.
 */
public final class CascadeComponent extends DefaultComponent {

    private final Map<String, AsyncProcessor> steps;

    /** @param steps what each step does, by the name that follows {@code cascade:} */
    public CascadeComponent(Map<String, AsyncProcessor> steps) {
        this.steps = new TreeMap<>(steps);
    }

    @Override
    protected Endpoint createEndpoint(String uri, String name, Map<String, Object> parameters) {
        AsyncProcessor step = steps.get(name);
        if (step == null) {
            throw new IllegalArgumentException(
                    "There is no step cascade:" + name + "; there are " + String.join(", ", steps.keySet()));
        }
        return new CascadeEndpoint(uri, this, step);
    }
}
