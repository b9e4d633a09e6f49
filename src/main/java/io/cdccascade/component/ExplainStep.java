package io.cdccascade.component;

import io.cdccascade.http.PostgresProblems;
import io.cdccascade.http.Problem;
import io.cdccascade.http.ProblemException;
import io.cdccascade.http.Write;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** {@code cascade:explain}: sets the variable {@code problem} to what an exception of the route means to the caller. */
final class ExplainStep implements Processor {

    private final PostgresProblems problems;

    ExplainStep(PostgresProblems problems) {
        this.problems = problems;
    }

    @Override
    public void process(Exchange exchange) {
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        exchange.setVariable(ProblemStep.PROBLEM, explain(exchange, failure));
    }

    private Problem explain(Exchange exchange, Exception failure) {
        if (failure instanceof ProblemException refused) {
            return refused.problem();
        }
        if (failure instanceof ClientGoneException) {
            return Problem.of(503, failure.getMessage());
        }
        return problems.explain(failure, exchange.getVariable(Exchanges.WRITE, Write.class));
    }
}
