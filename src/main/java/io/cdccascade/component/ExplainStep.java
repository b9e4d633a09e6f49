package io.cdccascade.component;

import io.cdccascade.http.Bulkheads;
import io.cdccascade.http.PostgresProblems;
import io.cdccascade.http.Problem;
import io.cdccascade.http.ProblemException;
import io.cdccascade.http.Write;
import io.netty.util.concurrent.EventExecutor;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * {@code cascade:explain}: sets the variable {@code problem} to what an exception of the route means to the caller. What the
 * exception does not say by itself is asked of PostgreSQL; not on the event loop, and not in the pool that may be full.
 */
final class ExplainStep extends AsyncProcessorSupport {

    private final PostgresProblems problems;
    private final EventExecutor loop;
    private final Bulkheads bulkheads;

    ExplainStep(PostgresProblems problems, EventExecutor loop, Bulkheads bulkheads) {
        this.problems = problems;
        this.loop = loop;
        this.bulkheads = bulkheads;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (failure instanceof ProblemException refused) {
            return answer(exchange, refused.problem(), callback);
        }
        if (failure instanceof ClientGoneException) {
            return answer(exchange, Problem.of(503, failure.getMessage()), callback);
        }
        Write write = exchange.getVariable(Exchanges.WRITE, Write.class);
        if (!loop.inEventLoop()) {
            return answer(exchange, problems.explain(failure, write), callback);
        }
        bulkheads.run(
                Bulkheads.Kind.OTHERS,
                () -> {
                    exchange.setVariable(ProblemStep.PROBLEM, problems.explain(failure, write));
                    callback.done(false);
                },
                () -> {
                    exchange.setVariable(ProblemStep.PROBLEM, Bulkheads.busy().problem());
                    callback.done(false);
                });
        return false;
    }

    private static boolean answer(Exchange exchange, Problem problem, AsyncCallback callback) {
        exchange.setVariable(ProblemStep.PROBLEM, problem);
        callback.done(true);
        return true;
    }
}
