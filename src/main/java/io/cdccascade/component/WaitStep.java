package io.cdccascade.component;

import io.cdccascade.http.Write;
import io.cdccascade.invalidation.Watermark;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * {@code cascade:wait}: waits until a write is applied everywhere, if its caller prefers that; no longer than he says, and
 * without a thread. That it was not applied in time is no failure.
 */
final class WaitStep extends AsyncProcessorSupport {

    private final Watermark watermark;
    private final EventExecutor loop;

    WaitStep(Watermark watermark, EventExecutor loop) {
        this.watermark = watermark;
        this.loop = loop;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        Write write;
        try {
            write = Exchanges.write(exchange);
        } catch (RuntimeException e) {
            exchange.setException(e);
            callback.done(true);
            return true;
        }
        long seconds = write.patienceSeconds();
        if (seconds == 0) {
            callback.done(true);
            return true;
        }
        watermark
                .next()
                .orTimeout(seconds, TimeUnit.SECONDS)
                .whenCompleteAsync(
                        (done, failure) -> {
                            if (failure == null) {
                                write.applied();
                            }
                            callback.done(false);
                        },
                        loop);
        return false;
    }
}
