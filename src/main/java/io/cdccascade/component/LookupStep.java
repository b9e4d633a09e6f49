package io.cdccascade.component;

import io.cdccascade.cache.CacheReader;
import io.cdccascade.http.ProblemException;
import io.cdccascade.http.Read;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * {@code cascade:lookup}: asks the cache what the variable {@code read} wants, and sets the variable {@code missed} to
 * whether PostgreSQL has to be asked. A token that names no write fails. A miss comes with the lease to fill the entry, or without when somebody else holds it.
 */
final class LookupStep extends AsyncProcessorSupport {

    private final CacheReader cache;

    LookupStep(CacheReader cache) {
        this.cache = cache;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        Read read;
        try {
            read = Exchanges.read(exchange);
        } catch (RuntimeException e) {
            exchange.setException(e);
            callback.done(true);
            return true;
        }
        if (read.isLookedUp()) {
            try {
                read.requireToken();
                exchange.setVariable(Exchanges.MISSED, read.isMissed());
            } catch (ProblemException e) {
                exchange.setException(e);
            }
            callback.done(true);
            return true;
        }
        Exchanges.whenClientGone(exchange, read::abandon);
        read.lookup(cache).thenRun(read::requireToken).whenComplete((done, failure) -> {
            if (failure == null) {
                exchange.setVariable(Exchanges.MISSED, read.isMissed());
            }
            Exchanges.end(exchange, failure, callback);
        });
        return false;
    }
}
