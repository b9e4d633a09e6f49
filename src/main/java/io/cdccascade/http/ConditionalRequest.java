package io.cdccascade.http;

/**
 * The condition of a read, {@code If-None-Match} of <a href="https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2">RFC
 * 9110, section 13.1.2</a>: the caller wants the representation only if it is none of those that it holds.
 */
public final class ConditionalRequest {

    private ConditionalRequest() {}

    /**
     * Whether the caller holds the representation already, so that the answer is 304.
     *
     * @param ifNoneMatch the header, several lines of it joined with commas; or null
     * @param tag         the representation's strong entity tag, without its quotes
     */
    static boolean holds(String ifNoneMatch, String tag) {
        if (ifNoneMatch == null) {
            return false;
        }
        if (ifNoneMatch.strip().equals("*")) {
            return true;
        }
        // Tags may hold commas. The comparison is weak: W/ does not matter.
        int open = ifNoneMatch.indexOf('"');
        while (open >= 0) {
            int close = ifNoneMatch.indexOf('"', open + 1);
            if (close < 0) {
                return false;
            }
            if (close - open - 1 == tag.length() && ifNoneMatch.startsWith(tag, open + 1)) {
                return true;
            }
            open = ifNoneMatch.indexOf('"', close + 1);
        }
        return false;
    }
}
