package io.cdccascade.http;

import io.cdccascade.table.Statements.Condition;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.Message;

/**
 * The condition of a write, {@code If-Match} or {@code If-None-Match} of <a
 * href="https://www.rfc-editor.org/rfc/rfc9110#section-13.1">RFC 9110, section 13.1</a>: the row must be as the caller
 * knows it.
 *
 * @param kind   what the statement has to check
 * @param tags   the entity tags to check, without quotes; weak ones are left out of an {@code If-Match}, which they never
 *               fulfil
 * @param exists whether there has to be a row: {@code If-Match}
 * @param absent whether there must be none: {@code If-None-Match: *}
 */
record WriteCondition(Condition kind, List<String> tags, boolean exists, boolean absent) {

    /** No condition. */
    static final WriteCondition NONE = new WriteCondition(Condition.NONE, List.of(), false, false);

    private static final String IF_MATCH = "If-Match";

    private static final Pattern TAG = Pattern.compile("(W/)?\"([^\"]*)\"");

    /**
     * The condition of a request.
     *
     * @param message     the request
     * @param noneMatch   its {@code If-None-Match}, {@link RequestLine#ifNoneMatch()}
     * @throws ProblemException if both headers are there
     */
    static WriteCondition of(Message message, String noneMatch) {
        String match = RequestLine.all(message, IF_MATCH);
        if (match != null && noneMatch != null) {
            throw new ProblemException(Problem.of(400, "If-Match and If-None-Match exclude each other"));
        }
        if (match != null) {
            return match.strip().equals("*")
                    ? new WriteCondition(Condition.NONE, List.of(), true, false)
                    : new WriteCondition(Condition.MATCH, tags(match, false), true, false);
        }
        if (noneMatch == null) {
            return NONE;
        }
        return noneMatch.strip().equals("*")
                // No row has one of no tags: where there is a row, nothing is written.
                ? new WriteCondition(Condition.MATCH, List.of(), false, true)
                : new WriteCondition(Condition.NO_MATCH, tags(noneMatch, true), false, false);
    }

    private static List<String> tags(String header, boolean weak) {
        return TAG.matcher(header)
                .results()
                .filter(found -> weak || found.group(1) == null)
                .map(found -> found.group(2))
                .toList();
    }

    /** The tags as the statement's parameter, a JSON array; those that no row has are left out. */
    String json() {
        return tags.stream()
                .filter(tag -> tag.matches("[A-Za-z0-9_-]+"))
                .map(tag -> '"' + tag + '"')
                .collect(Collectors.joining(",", "[", "]"));
    }
}
