package io.cdccascade.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.camel.Channel;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Navigate;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.model.FilterDefinition;
import org.apache.camel.model.Model;
import org.apache.camel.model.OptionalIdentifiedDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDefinition;
import org.apache.camel.processor.SendProcessor;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.EventFactory;
import org.apache.camel.spi.EventNotifier;
import org.apache.camel.spi.InterceptSendToEndpoint;
import org.apache.camel.support.DefaultExchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a hit may be answered before an exchange exists. It may only while that cannot be told from the outside: the route
 * as it runs now is exactly look-up, filter on {@code missed}, answer, and nobody watches its exchanges. Any edit,
 * interceptor or tracer that changes this closes the short cut.
 */
final class ShortCut {

    private static final Logger LOG = LoggerFactory.getLogger(ShortCut.class);
    private static final String MISSED = "${variable.missed}";
    /** Notifiers of Camel's own that record for a person or a tracer; whether a tracer is on is asked elsewhere. */
    private static final Set<String> RECORDERS = Set.of("ConsoleEventNotifier", "TraceAdviceEventNotifier");

    private final Route route;
    private final String obstacle;
    private final List<CamelEvent> events;
    private String told;

    private ShortCut(Route route, String obstacle) {
        this.route = route;
        this.obstacle = obstacle;
        this.events = events(route);
    }

    /** The short cut past a route of reads. */
    static ShortCut of(Route route) {
        return new ShortCut(route, obstacle(route, List.of("cascade://lookup", MISSED, "cascade://answer")));
    }

    /** The short cut past a route of the REST definitions, whose only step hands the request on. */
    static ShortCut ofRest(Route route) {
        return new ShortCut(route, obstacle(route, List.of("cascade://serve")));
    }

    /** Whether it is open now. */
    boolean isOpen() {
        String now = obstacle == null ? watcher() : obstacle;
        if (now != told && (now == null || !now.equals(told))) {
            if (now != null && isRead()) {
                LOG.info("Hits go through the route {}: {}", route.getRouteId(), now);
            } else if (told != null) {
                LOG.info("Hits are answered before the route {} again", route.getRouteId());
            }
            told = now;
        }
        return now == null;
    }

    /** Only a route of reads is worth a line: no other has hits. */
    private boolean isRead() {
        List<Channel> steps = channels(route);
        return steps.stream()
                .anyMatch(step ->
                        uri(step).equals("cascade://lookup") || uri(step).equals("cascade://serve"));
    }

    /** Asked for every hit, because notifiers come and go without notice. */
    private String watcher() {
        for (EventNotifier notifier :
                route.getCamelContext().getManagementStrategy().getEventNotifiers()) {
            if (!notifier.isDisabled()
                    && !notifier.isIgnoreExchangeEvents()
                    && !RECORDERS.contains(notifier.getClass().getSimpleName())
                    && events.stream().anyMatch(notifier::isEnabled)) {
                return "the event notifier " + notifier.getClass().getSimpleName() + " watches its exchanges";
            }
        }
        return null;
    }

    /** What notifiers would be told of an exchange in this route. */
    private static List<CamelEvent> events(Route route) {
        Exchange exchange = DefaultExchange.newFromEndpoint(route.getEndpoint());
        exchange.getExchangeExtension().setFromRouteId(route.getRouteId());
        EventFactory factory = route.getCamelContext().getManagementStrategy().getEventFactory();
        return List.of(
                factory.createExchangeCreatedEvent(exchange),
                factory.createExchangeCompletedEvent(exchange),
                factory.createExchangeSendingEvent(exchange, route.getEndpoint()),
                factory.createExchangeSentEvent(exchange, route.getEndpoint(), 0));
    }

    private static String obstacle(Route route, List<String> wanted) {
        String model = model(route, wanted);
        if (model != null) {
            return model;
        }
        if (channels(route).size() != wanted.size()) {
            return "its start is intercepted";
        }
        if (!route.getOnCompletions().isEmpty()) {
            return "it has an onCompletion";
        }
        if (!route.getRoutePolicyList().isEmpty()) {
            return "a route policy watches its exchanges ("
                    + route.getRoutePolicyList().get(0).getClass().getName() + ")";
        }
        if (route.isTracing() || route.getCamelContext().isTracingStandby() || route.isBacklogTracing()) {
            return "it is traced";
        }
        if (route.isMessageHistory()
                || route.isDebugging()
                || route.getCamelContext().isDebugStandby()) {
            return "it is being debugged, or keeps a message history";
        }
        if (route.getInterceptStrategies().stream().anyMatch(strategy -> !(strategy instanceof BlockingSteps))
                || route.getCamelContext().getCamelContextExtension().getInterceptStrategies().stream()
                        .anyMatch(strategy -> !(strategy instanceof BlockingSteps))) {
            return "its steps are intercepted";
        }
        for (Channel step : channels(route)) {
            if (step.getNextProcessor() instanceof SendProcessor send
                    && send.getDestination() instanceof InterceptSendToEndpoint) {
                return "what is sent to " + uri(step) + " is intercepted";
            }
        }
        return null;
    }

    /** Compares the route's definition, which shows what a filter asks for. */
    private static String model(Route route, List<String> wanted) {
        List<String> steps = new ArrayList<>();
        RouteDefinition definition = route.getCamelContext()
                .getCamelContextExtension()
                .getContextPlugin(Model.class)
                .getRouteDefinition(route.getRouteId());
        if (definition == null) {
            return "it has no definition";
        }
        for (ProcessorDefinition<?> step : definition.getOutputs()) {
            if (!step.isAbstract()) {
                steps.add(describe(step));
            }
        }
        if (steps.equals(wanted)) {
            return null;
        }
        List<String> others = new ArrayList<>(steps);
        wanted.forEach(others::remove);
        return others.isEmpty()
                ? "its steps are not just look-up, filter and answer"
                : "it has another step: " + String.join(", ", others);
    }

    private static String describe(ProcessorDefinition<?> step) {
        if (!"true".equals(step.getDisabled())) {
            if (step.getClass() == ToDefinition.class) {
                ToDefinition to = (ToDefinition) step;
                if (to.getVariableSend() == null && to.getVariableReceive() == null && to.getPattern() == null) {
                    return to.getEndpointUri().replaceFirst("^cascade:(?!//)", "cascade://");
                }
            } else if (step instanceof FilterDefinition filter
                    && filter.getStatusPropertyName() == null
                    && "simple".equals(filter.getExpression().getLanguage())) {
                return filter.getExpression().getExpression().strip();
            }
        }
        return name(step);
    }

    private static String name(OptionalIdentifiedDefinition<?> step) {
        return step.getId() == null ? step.getShortName() : step.getShortName() + " " + step.getId();
    }

    private static String uri(Channel step) {
        return step.getNextProcessor() instanceof SendProcessor send ? uri(send.getDestination()) : "";
    }

    private static String uri(Endpoint endpoint) {
        return endpoint.getEndpointUri();
    }

    private static List<Channel> channels(Route route) {
        List<Channel> channels = new ArrayList<>();
        collect(route.getProcessor(), channels);
        return channels;
    }

    private static void collect(Processor processor, List<Channel> channels) {
        if (processor instanceof Channel channel) {
            channels.add(channel);
        } else if (processor instanceof Navigate<?> node && node.hasNext()) {
            node.next().forEach(next -> collect((Processor) next, channels));
        }
    }
}
