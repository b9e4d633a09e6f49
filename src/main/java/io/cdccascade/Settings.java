package io.cdccascade;

import org.apache.camel.CamelContext;

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

    boolean flag(String key) {
        return Boolean.parseBoolean(text(key));
    }
}
