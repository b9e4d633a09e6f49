package io.cdccascade.http;

import java.util.Map;

/**
 * What of a request's {@code Prefer} header is understood, as of <a href="https://www.rfc-editor.org/rfc/rfc7240">RFC
 * 7240</a>; anything else is ignored.
 *
 * @param freshAsOf   whether the answer shall say which changes it includes at least
 * @param waitSeconds how long a write may wait until its change is applied everywhere, 0 for not at all
 */
record Preferences(boolean freshAsOf, long waitSeconds) {

    static final String APPLIED = "Preference-Applied";

    static final Preferences NONE = new Preferences(false, 0);

    /** @param header the header, all its lines as one; or null */
    static Preferences of(String header) {
        if (header == null) {
            return NONE;
        }
        Map<String, String> preferences = Directives.of(header);
        return new Preferences(
                preferences.containsKey("fresh-as-of"), Math.max(0, Directives.seconds(preferences, "wait")));
    }
}
