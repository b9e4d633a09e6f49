package io.cdccascade.component;

import io.cdccascade.cache.CacheInvalidator;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * {@code cascade:fence}: fences the entries that the variable {@code changes} names against older fills, and drops
 * those that do not show the change. Returns when Redis has confirmed.
 */
final class FenceStep implements Processor {

    private final CacheInvalidator cache;

    FenceStep(CacheInvalidator cache) {
        this.cache = cache;
    }

    @Override
    public void process(Exchange exchange) {
        cache.invalidate(ReadChangesStep.changes(exchange).fences());
    }
}
