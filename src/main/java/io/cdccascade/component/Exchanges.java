package io.cdccascade.component;

import io.cdccascade.http.Answer;
import io.cdccascade.http.ClientGone;
import io.cdccascade.http.Read;
import io.cdccascade.http.Write;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/** What the steps keep in an exchange, and how they end. */
final class Exchanges {

    /** The variable of reads. */
    static final String READ = "read";
    /** The variable of writes. */
    static final String WRITE = "write";
    /** Whether the cache has no answer: a Boolean that routes filter on. */
    static final String MISSED = "missed";

    private Exchanges() {}

    /** @throws IllegalStateException if the route does not come from {@code cascade:serve} */
    static Read read(Exchange exchange) {
        return variable(exchange, READ, Read.class);
    }

    /** @throws IllegalStateException if there was no {@code cascade:check} before */
    static Write write(Exchange exchange) {
        return variable(exchange, WRITE, Write.class);
    }

    private static <T> T variable(Exchange exchange, String name, Class<T> type) {
        T value = exchange.getVariable(name, type);
        if (value == null) {
            throw new IllegalStateException("This step needs the variable " + name + ", which is not set");
        }
        return value;
    }

    /** Makes an answer the exchange's message. */
    static void answer(Exchange exchange, Answer answer) {
        Message message = exchange.getMessage();
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, answer.status());
        List<String> headers = answer.headers();
        for (int i = 0; i < headers.size(); i += 2) {
            message.setHeader(headers.get(i), headers.get(i + 1));
        }
        message.setBody(answer.body());
    }

    /** Runs an action when the client hangs up, where the exchange comes from one. */
    static void whenClientGone(Exchange exchange, Runnable action) {
        ClientGone gone = exchange.getProperty(ClientGone.PROPERTY, ClientGone.class);
        if (gone != null) {
            gone.then(action);
        }
    }

    /** Ends a step that went on elsewhere. */
    static void end(Exchange exchange, Throwable failure, AsyncCallback callback) {
        if (failure != null) {
            Throwable cause = failure instanceof CompletionException wrapped && wrapped.getCause() != null
                    ? wrapped.getCause()
                    : failure;
            exchange.setException(
                    cause instanceof CancellationException ? new ClientGoneException("The client has hung up") : cause);
        }
        callback.done(false);
    }
}
