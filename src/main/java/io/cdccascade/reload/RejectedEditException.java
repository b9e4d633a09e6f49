package io.cdccascade.reload;

import java.beans.Introspector;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.camel.NoSuchBeanException;
import org.apache.camel.NoSuchEndpointException;
import org.apache.camel.PropertyBindingException;
import org.apache.camel.ResolveEndpointFailedException;
import org.apache.camel.util.URISupport;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** An edit that cannot take effect: where and why, for the person who made it. */
final class RejectedEditException extends Exception {

    private final transient Set<String> locations;
    private final int line;

    private RejectedEditException(Set<String> locations, int line, String reason, Throwable cause) {
        super(reason, cause);
        this.locations = locations;
        this.line = line;
    }

    /** A file that is not YAML. */
    static RejectedEditException of(String location, MarkedYamlEngineException cause) {
        return new RejectedEditException(
                Set.of(location),
                cause.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1),
                cause.getProblem(),
                cause);
    }

    /** A file with a character that YAML does not allow; the parser does not report its line. */
    static RejectedEditException of(String location, YamlEngineException cause) {
        return new RejectedEditException(
                Set.of(location), 1, cause.getMessage().lines().findFirst().orElse(""), cause);
    }

    /** A unit that breaks a rule of ours. */
    static RejectedEditException of(Unit unit, String reason) {
        return new RejectedEditException(locations(unit), unit.fragment().line(), unit + ": " + reason, null);
    }

    /** A unit that Camel refuses. */
    static RejectedEditException of(Unit unit, Throwable cause) {
        return new RejectedEditException(locations(unit), line(unit, cause), unit + ": " + reason(cause), cause);
    }

    /** The files that the unit is written in, not empty. */
    Set<String> locations() {
        return locations;
    }

    /** The line in the first of the files, from 1. If the exact line is not known, the line where the unit starts. */
    int line() {
        return line;
    }

    private static Set<String> locations(Unit unit) {
        return unit.fragments().stream().map(Fragment::location).collect(Collectors.toSet());
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof PropertyBindingException property && property.getTarget() != null) {
            // Camel's own message contains the bean as text, which can hold secrets.
            return "there is no property " + property.getPropertyName() + "; there are "
                    + properties(property.getTarget().getClass());
        }
        String message = cause instanceof MarkedYamlEngineException marked ? marked.getProblem() : cause.getMessage();
        if (message == null || cause instanceof ClassNotFoundException) {
            return cause.toString();
        }
        // An endpoint's options can hold a password.
        return URISupport.sanitizeUri(message.lines().findFirst().orElse(cause.toString()));
    }

    private static String properties(Class<?> type) {
        return Arrays.stream(type.getMethods())
                .filter(method -> method.getName().matches("set[A-Z].*") && method.getParameterCount() == 1)
                .map(method -> Introspector.decapitalize(method.getName().substring("set".length())))
                .distinct()
                .sorted()
                .collect(Collectors.joining(", "));
    }

    private static int line(Unit unit, Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof MarkedYamlEngineException marked
                    && marked.getProblemMark().isPresent()) {
                return marked.getProblemMark().get().getLine() + 1;
            }
            Predicate<String> faulty = faultyValue(cause);
            if (faulty != null) {
                return unit.fragment().lineOf(faulty);
            }
        }
        return unit.fragment().line();
    }

    /** Recognizes the value in the file that an exception is about; null if the exception does not name one. */
    private static Predicate<String> faultyValue(Throwable cause) {
        if (cause instanceof ResolveEndpointFailedException endpoint) {
            return value -> path(value).equals(path(endpoint.getUri()));
        } else if (cause instanceof NoSuchEndpointException endpoint) {
            return value -> path(value).equals(path(endpoint.getUri()));
        } else if (cause instanceof NoSuchBeanException bean) {
            return value -> bean.getName() != null
                    && value.replaceFirst("^#(bean:)?", "").equals(bean.getName());
        } else if (cause instanceof PropertyBindingException property) {
            return value -> value.equals(property.getPropertyName());
        } else if (cause instanceof ClassNotFoundException type) {
            return value -> value.equals(type.getMessage());
        }
        return null;
    }

    /** An endpoint without its options, as people write it. */
    private static String path(String uri) {
        return uri.replaceFirst("[?].*", "").replace("://", ":");
    }
}
