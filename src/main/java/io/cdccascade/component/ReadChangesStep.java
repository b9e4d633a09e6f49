package io.cdccascade.component;

import io.cdccascade.invalidation.ChangeBatch;
import io.cdccascade.invalidation.ChangeBatchReader;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * {@code cascade:read-changes}: reads the batch in the body, as a batching {@code kafka} consumer delivers it, into the
 * variable {@code changes}, a {@link ChangeBatch}. The steps after it work on that variable.
 */
final class ReadChangesStep implements Processor {

    private static final String VARIABLE = "changes";

    private final ChangeBatchReader reader;

    ReadChangesStep(ChangeBatchReader reader) {
        this.reader = reader;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void process(Exchange exchange) {
        exchange.setVariable(VARIABLE, reader.read(exchange.getMessage().getBody(List.class)));
    }

    /**
     * The changes that this step has read.
     *
     * @throws IllegalStateException if it has not run
     */
    static ChangeBatch changes(Exchange exchange) {
        ChangeBatch changes = exchange.getVariable(VARIABLE, ChangeBatch.class);
        if (changes == null) {
            throw new IllegalStateException(
                    "There is no variable " + VARIABLE + ": cascade:read-changes must run first");
        }
        return changes;
    }
}
