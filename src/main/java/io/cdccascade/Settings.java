package io.cdccascade;

import java.time.Duration;
import org.apache.camel.CamelContext;
import org.apache.camel.util.TimeUtils;

/** The settings of {@code application.properties}, with what overrides them. */
final class Settings {

    /** Where they are, as Camel's properties component takes it. */
    static final String LOCATION =
            "file:application.properties;optional=true,classpath:application.properties;optional=true";

    private final CamelContext context;

    Settings(CamelContext context) {
        this.context = context;
    }

    /** @throws IllegalArgumentException if there is no such setting */
    String text(String key) {
        return context.resolvePropertyPlaceholders("{{" + key + "}}");
    }

    /** The setting, or something else where it is not set. */
    String text(String key, String otherwise) {
        return context.resolvePropertyPlaceholders("{{" + key + ":" + otherwise + "}}");
    }

    /** @throws IllegalArgumentException if the setting is not a whole number */
    int number(String key) {
        return number(key, text(key));
    }

    /** The same; something else where the setting is empty. */
    int number(String key, int otherwise) {
        String text = text(key, "");
        return text.isBlank() ? otherwise : number(key, text);
    }

    private static int number(String key, String text) {
        try {
            return Integer.parseInt(text.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(key + " must be a whole number, but is '" + text + "'");
        }
    }

    /**
     * A time such as {@code 5s} or {@code 500ms}; a number alone is milliseconds.
     *
     * @throws IllegalArgumentException if the setting is no such time, or negative
     */
    Duration duration(String key) {
        String text = text(key).strip();
        Duration duration;
        try {
            duration = Duration.ofMillis(TimeUtils.toMilliSeconds(text));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException(key + " must be a time such as 5s or 500ms, but is '" + text + "'", e);
        }
        if (duration.isNegative()) {
            throw new IllegalArgumentException(key + " must not be negative, but is '" + text + "'");
        }
        return duration;
    }

    boolean flag(String key) {
        return Boolean.parseBoolean(text(key));
    }
}
