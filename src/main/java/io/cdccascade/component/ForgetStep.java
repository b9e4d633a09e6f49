package io.cdccascade.component;

import io.cdccascade.cache.CacheInvalidator;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * {@code cascade:forget}: forgets every entry of the tables and lists of which the variable {@code changes} says so.
 * Returns when Redis has confirmed.
 */
final class ForgetStep implements Processor {

    private final CacheInvalidator cache;

    ForgetStep(CacheInvalidator cache) {
        this.cache = cache;
    }

    @Override
    public void process(Exchange exchange) {
        ReadChangesStep.changes(exchange).forgotten().forEach(cache::forget);
    }
}
