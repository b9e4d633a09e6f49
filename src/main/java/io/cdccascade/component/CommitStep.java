package io.cdccascade.component;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * {@code cascade:commit}: commits the offsets of every partition that the variable {@code changes} was read from. Must
 * run on the consumer's thread.
 *
 * <p>Public, because the Camel CLI makes an object of every class that it compiles and that needs no arguments.
 */
public final class CommitStep implements Processor {

    @Override
    public void process(Exchange exchange) {
        ReadChangesStep.changes(exchange).offsets().commit();
    }
}
