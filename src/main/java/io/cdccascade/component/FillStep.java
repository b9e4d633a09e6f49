package io.cdccascade.component;

import io.cdccascade.cache.CacheReader;
import io.cdccascade.http.Read;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * {@code cascade:fill}: stores what was loaded, if this read holds the lease and no fence forbids it. Where another step than
 * {@code cascade:load} has read the row, that is the message's body: a map with {@code row}, {@code snapshot},
 * {@code lsn} and {@code history}, as {@code sql:} returns it, or a row that is answered but, because nobody knows what it includes, not stored.
 * A fill that fails or is refused costs the next reader a miss, never this reader the answer.
 */
final class FillStep extends AsyncProcessorSupport {

    private final CacheReader cache;
    private final long readTimeoutMillis;

    /** @param readTimeoutMillis how long look-up and fill may wait for Redis together */
    FillStep(CacheReader cache, long readTimeoutMillis) {
        this.cache = cache;
        this.readTimeoutMillis = readTimeoutMillis;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        try {
            Read read = Exchanges.read(exchange);
            read.adopt(exchange.getMessage().getBody());
            read.fill(cache, readTimeoutMillis)
                    .whenComplete((done, failure) -> Exchanges.end(exchange, failure, callback));
            return false;
        } catch (RuntimeException e) {
            exchange.setException(e);
            callback.done(true);
            return true;
        }
    }
}
