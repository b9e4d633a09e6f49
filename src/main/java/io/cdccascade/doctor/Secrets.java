package io.cdccascade.doctor;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** Hides passwords in texts, some of which come from servers and drivers. */
public final class Secrets {

    private final List<String> values;

    /** @param values the passwords; empty ones are no secrets */
    public Secrets(Collection<String> values) {
        this.values = values.stream()
                .filter(value -> value != null && !value.isBlank())
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
    }

    /** The text, without the secrets where they are words of their own. */
    String hide(String text) {
        String hidden = text;
        for (String value : values) {
            hidden = hidden.replaceAll("(?<![\\p{L}\\p{N}_])" + Pattern.quote(value) + "(?![\\p{L}\\p{N}_])", "***");
        }
        return hidden;
    }
}
