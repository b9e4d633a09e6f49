package io.cdccascade.component;

import io.cdccascade.cache.CacheReader;
import io.cdccascade.http.Problem;
import io.cdccascade.http.Read;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * {@code cascade:problem}: answers with the variable {@code problem}, and gives back the leases of a read that failed, so that
 * nobody waits for its fill.
 */
final class ProblemStep implements Processor {

    /** The variable that holds the problem document. */
    static final String PROBLEM = "problem";

    private final CacheReader cache;

    ProblemStep(CacheReader cache) {
        this.cache = cache;
    }

    @Override
    public void process(Exchange exchange) {
        Read read = exchange.getVariable(Exchanges.READ, Read.class);
        if (read != null) {
            read.release(cache);
        }
        Exchanges.answer(exchange, exchange.getVariable(PROBLEM, Problem.class).answer());
        if (read != null && read.isLookedUp()) {
            exchange.getMessage().setHeader("Cache-Status", read.cacheStatus());
        }
    }
}
