package io.cdccascade.bench;

import org.apache.camel.main.Main;

/**
 * A plain Camel Main with the stock platform-http engine and one route that answers a constant. Nothing that costs
 * anything a request is on: no JMX, no metrics, no tracing. The argument is its port.
 */
public final class ConstantRoute {

    private ConstantRoute() {}

    public static void main(String[] args) throws Exception {
        Main main = new Main();
        main.addInitialProperty("camel.main.routes-include-pattern", "file:bench/constant.camel.yaml");
        main.addInitialProperty("camel.main.jmx-enabled", "false");
        main.addInitialProperty("camel.server.enabled", "true");
        main.addInitialProperty("camel.server.host", "127.0.0.1");
        main.addInitialProperty("camel.server.port", args[0]);
        main.run();
    }
}
