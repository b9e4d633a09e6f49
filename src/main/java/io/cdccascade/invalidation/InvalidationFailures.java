package io.cdccascade.invalidation;

import org.apache.camel.Processor;

/** Remembers why the step that failed last has failed, until a step succeeds. */
public final class InvalidationFailures {

    private volatile String last;

    /** The same step, observed. */
    public Processor of(Processor step) {
        return exchange -> {
            try {
                step.process(exchange);
                last = null;
            } catch (Exception e) {
                last = e.getMessage() == null ? e.toString() : e.getMessage();
                throw e;
            }
        };
    }

    /** Why changes are not applied at the moment, or null. */
    String last() {
        return last;
    }
}
