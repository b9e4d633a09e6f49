package io.cdccascade.component;

import java.util.Map;
import java.util.function.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * {@code cascade:commit}: commits the offsets of every partition that the variable {@code changes} was read from, and lets
 * Redis remember them. Must run on the consumer's thread.
 */
final class CommitStep implements Processor {

    private final Consumer<Map<String, String>> applied;

    CommitStep(Consumer<Map<String, String>> applied) {
        this.applied = applied;
    }

    @Override
    public void process(Exchange exchange) {
        ReadChangesStep.changes(exchange).offsets().commit(applied);
    }
}
