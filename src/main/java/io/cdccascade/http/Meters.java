package io.cdccascade.http;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/** Makes the registry of all metrics. Beans are made before Camel's own metrics service, which would make it else. */
public final class Meters {

    private Meters() {}

    /** An empty registry that {@code /observe/metrics} shows. */
    public static PrometheusMeterRegistry registry() {
        return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    }
}
