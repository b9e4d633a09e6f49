package io.cdccascade.http;

import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.Set;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Ordered;
import org.apache.camel.Processor;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.FilterDefinition;
import org.apache.camel.model.LogDefinition;
import org.apache.camel.model.RemoveHeaderDefinition;
import org.apache.camel.model.RemoveHeadersDefinition;
import org.apache.camel.model.RemovePropertiesDefinition;
import org.apache.camel.model.RemovePropertyDefinition;
import org.apache.camel.model.RemoveVariableDefinition;
import org.apache.camel.model.SetBodyDefinition;
import org.apache.camel.model.SetHeaderDefinition;
import org.apache.camel.model.SetPropertyDefinition;
import org.apache.camel.model.SetVariableDefinition;
import org.apache.camel.model.StopDefinition;
import org.apache.camel.model.language.ExpressionDefinition;
import org.apache.camel.processor.SendProcessor;
import org.apache.camel.spi.InterceptSendToEndpoint;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;

/**
 * Keeps the event loop free: a step that is not known to be asynchronous is handed to a {@linkplain Bulkheads bounded pool}
 * when the loop comes to it, without the route's author having to know. On any other thread, steps run where they are.
 *
 * <p>Known are the steps of {@code cascade:}, and those that compute on what the exchange holds, such as {@code filter},
 * {@code setHeader} and {@code log}, with an expression that calls no bean.
 */
public final class BlockingSteps implements InterceptStrategy, Ordered {

    private static final List<Class<?>> QUICK = List.of(
            RemoveHeaderDefinition.class,
            RemoveHeadersDefinition.class,
            RemovePropertyDefinition.class,
            RemovePropertiesDefinition.class,
            RemoveVariableDefinition.class,
            StopDefinition.class);
    private static final List<Class<?>> AS_QUICK_AS_THE_EXPRESSION = List.of(
            FilterDefinition.class,
            SetBodyDefinition.class,
            SetHeaderDefinition.class,
            SetPropertyDefinition.class,
            SetVariableDefinition.class);
    private static final Set<String> QUICK_LANGUAGES =
            Set.of("constant", "header", "variable", "exchangeProperty", "simple");

    private final EventExecutor loop;
    private final Bulkheads bulkheads;

    /**
     * @param loop      the event loop that serves HTTP
     * @param bulkheads the pools
     */
    public BlockingSteps(EventExecutor loop, Bulkheads bulkheads) {
        this.loop = loop;
        this.bulkheads = bulkheads;
    }

    @Override
    public Processor wrapProcessorInInterceptors(
            CamelContext context, NamedNode definition, Processor target, Processor nextTarget) {
        // Nobody knows whether what others have wrapped around the step waits for it.
        return nextTarget == null && isQuick(definition, target) ? target : new HandedOver(target);
    }

    /** Around all others, which are to run where the step runs. */
    @Override
    public int getOrder() {
        return Ordered.HIGHEST;
    }

    private static boolean isQuick(NamedNode definition, Processor step) {
        if (step instanceof SendProcessor send) {
            return send.getDestination().getEndpointUri().startsWith("cascade://")
                    && !(send.getDestination() instanceof InterceptSendToEndpoint);
        }
        if (definition instanceof LogDefinition log) {
            return isQuick("simple", log.getMessage());
        }
        if (definition instanceof ChoiceDefinition choice) {
            return choice.getWhenClauses().stream().allMatch(when -> isQuick(when.getExpression()));
        }
        return QUICK.contains(definition.getClass())
                || AS_QUICK_AS_THE_EXPRESSION.contains(definition.getClass())
                        && isQuick(((ExpressionNode) definition).getExpression());
    }

    private static boolean isQuick(ExpressionDefinition expression) {
        return expression != null && isQuick(expression.getLanguage(), expression.getExpression());
    }

    private static boolean isQuick(String language, String text) {
        return QUICK_LANGUAGES.contains(language) && text != null && !text.contains("bean:") && !text.contains("ref:");
    }

    /** A step that may block. */
    private final class HandedOver extends DelegateAsyncProcessor {

        private HandedOver(Processor step) {
            super(step);
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            if (!loop.inEventLoop()) {
                return super.process(exchange, callback);
            }
            bulkheads.run(
                    exchange.getProperty(Bulkheads.PROPERTY, Bulkheads.Kind.OTHERS, Bulkheads.Kind.class),
                    () -> super.process(exchange, doneSync -> callback.done(false)),
                    () -> {
                        exchange.setException(Bulkheads.busy());
                        callback.done(false);
                    });
            return false;
        }
    }
}
