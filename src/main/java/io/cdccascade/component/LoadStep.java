package io.cdccascade.component;

import io.cdccascade.cache.CacheReader;
import io.cdccascade.cache.Renewal;
import io.cdccascade.cache.SharedCalls;
import io.cdccascade.http.Bulkheads;
import io.cdccascade.http.PostgresProblems;
import io.cdccascade.http.Problem;
import io.cdccascade.http.ProblemException;
import io.cdccascade.http.Read;
import io.cdccascade.table.Loader;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * {@code cascade:load}: reads what the variable {@code read} wants from PostgreSQL, with the snapshot and the log that it was
 * read under, in a {@linkplain Bulkheads bounded pool}. Its leases are renewed for as long as that takes. Reads of one thing
 * that hold no lease share loads. When the client hangs up and nobody else waits, the statement is cancelled. Where PostgreSQL
 * does not answer, entries that were too old may {@linkplain Read#standIn stand in}.
 */
final class LoadStep extends AsyncProcessorSupport {

    private final Loader loader;
    private final Bulkheads bulkheads;
    private final CacheReader cache;
    private final PostgresProblems problems;
    private final SharedCalls<Object, Read> shared = new SharedCalls<>(UnaryOperator.identity());

    LoadStep(Loader loader, Bulkheads bulkheads, CacheReader cache, PostgresProblems problems) {
        this.loader = loader;
        this.bulkheads = bulkheads;
        this.cache = cache;
        this.problems = problems;
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
        Object flight = read.flight();
        CompletableFuture<Read> loaded =
                flight == null ? load(exchange, read) : shared.ask(flight, () -> loadForOthers(read));
        loaded.whenComplete((by, failure) -> {
            if (failure == null && by != read) {
                read.loadedBy(by);
            }
            boolean stoodIn = failure instanceof Exception outage && isOutage(outage) && read.standIn(cache);
            Exchanges.end(exchange, stoodIn ? null : failure, callback);
        });
        return false;
    }

    private boolean isOutage(Exception failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        Problem problem =
                cause instanceof ProblemException refused ? refused.problem() : problems.explain(failure, null);
        return problem.status() == 503;
    }

    private CompletableFuture<Read> load(Exchange exchange, Read read) {
        Exchanges.whenClientGone(exchange, () -> read.whenUnwanted(cache, () -> cancel(read)));
        Renewal renewal = cache.renew(read.leases());
        return loadForOthers(read).whenComplete((done, failure) -> renewal.stop());
    }

    private CompletableFuture<Read> loadForOthers(Read read) {
        CompletableFuture<Read> loaded = new CompletableFuture<>();
        bulkheads.run(
                read.bulkhead(),
                () -> {
                    try {
                        read.date(loader);
                        read.load(loader);
                        loaded.complete(read);
                    } catch (SQLException | RuntimeException e) {
                        loaded.completeExceptionally(e);
                    }
                },
                () -> loaded.completeExceptionally(Bulkheads.busy()));
        return loaded;
    }

    private void cancel(Read read) {
        // It talks to PostgreSQL. If there is no thread for it, the statement has its own limit.
        bulkheads.run(Bulkheads.Kind.OTHERS, read.cancellation()::cancel, () -> {});
    }
}
