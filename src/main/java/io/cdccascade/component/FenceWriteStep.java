package io.cdccascade.component;

import io.cdccascade.cache.CacheReader;
import io.cdccascade.cache.Fence;
import io.cdccascade.http.Write;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * {@code cascade:fence-write}: takes what a write's statement returned, the message's body, and fences the row's entry. It
 * waits for Redis no longer than a reader does, and is no failure of the write: the change's event comes all the same.
 */
final class FenceWriteStep extends AsyncProcessorSupport {

    private final CacheReader cache;

    FenceWriteStep(CacheReader cache) {
        this.cache = cache;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        try {
            Write write = Exchanges.write(exchange);
            write.written(exchange.getMessage().getBody(Map.class));
            Optional<Fence> fence = write.fence();
            if (fence.isPresent()) {
                cache.fence(fence.get()).whenComplete((done, failure) -> callback.done(false));
                return false;
            }
        } catch (RuntimeException e) {
            exchange.setException(e);
        }
        callback.done(true);
        return true;
    }
}
