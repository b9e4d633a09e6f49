package io.cdccascade.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The lines that a document shows, compared with what was printed as far as it matters. Every line has to be printed, in
 * this order; there may be others between them. {@code …} is anything. A line that is indented may continue the one
 * before it. White space may be any white space, and what {@link #VARYING} lists differs from run to run.
 * CONTRIBUTING.md says the same to those who write documents.
 */
final class ShownOutput {

    private static final List<Varying> VARYING = List.of(
            new Varying("a time", "\\d{4}-\\d\\d-\\d\\dT[\\d:.]+(?:[+-]\\d\\d:\\d\\d)?"),
            new Varying("a snapshot", "\\d+:\\d+:[\\d,]*"),
            new Varying(
                    "a transaction and its place in the log",
                    "\\d+[@-]\\d{6,}(?:-[0-9a-f]{1,16}\\.[1-9A-F][0-9A-F]*)?"),
            new Varying("the transaction of an event", "(?<=\"txId\":)\\d+"),
            new Varying("the writer in an entry", "(?<= )\\d+(?= [A-Za-z0-9_-]{22}(?:\\s|$))"),
            new Varying("an ETag", "(?<=ETag: )\"[^\"]+\""),
            new Varying("an entity tag in Redis", "(?<= )[A-Za-z0-9_-]{22}(?=\\s|$)"),
            new Varying("an age", "(?<=Age: )\\d+"),
            new Varying("a time that has passed", "\\b(?:\\d+m)?\\d+m?s\\b"),
            new Varying("a number of five digits or more", "\\b\\d{5,}\\b", "\\d+"));

    private static final Pattern ANY_VARYING = Pattern.compile(
            VARYING.stream().map(varying -> "(" + varying.shown() + ")").collect(Collectors.joining("|")));

    private final List<String> lines;
    private final boolean whole;

    private ShownOutput(List<String> lines, boolean whole) {
        this.lines = lines.stream().filter(line -> !line.isBlank()).toList();
        this.whole = whole;
    }

    /** Lines that are printed as they are shown. */
    static ShownOutput of(List<String> lines) {
        return new ShownOutput(lines, true);
    }

    /** Messages of a log, whose lines have a time and more in front of them. */
    static ShownOutput ofLog(List<String> messages) {
        return new ShownOutput(messages, false);
    }

    /** How many lines have to be found. */
    int size() {
        return lines.size();
    }

    /** A line as the document has it. */
    String line(int index) {
        return lines.get(index);
    }

    /** Whether a line before an index says, with nothing but {@code …}, that not everything is shown. */
    boolean isElidedBefore(int index) {
        return lines.subList(0, index).stream().anyMatch(line -> line.strip().equals("…"));
    }

    /** How many lines, of those from an index on, stand in an output. */
    int found(String output, int from) {
        int found = 0;
        int position = 0;
        while (from + found < lines.size()) {
            for (Pattern piece : pieces(from + found)) {
                Matcher matcher = piece.matcher(output);
                if (!matcher.find(position)) {
                    return found;
                }
                position = matcher.end();
            }
            found++;
        }
        return found;
    }

    private List<Pattern> pieces(int index) {
        String line = lines.get(index);
        List<String> pieces = Stream.of(line.split("…"))
                .map(String::strip)
                .filter(piece -> !piece.isEmpty())
                .map(ShownOutput::expression)
                .collect(Collectors.toCollection(ArrayList::new));
        boolean isContinued = index + 1 < lines.size() && lines.get(index + 1).startsWith(" ");
        if (whole && !pieces.isEmpty()) {
            if (!line.startsWith("…") && !line.startsWith(" ")) {
                pieces.set(0, "^" + pieces.get(0));
            }
            if (!line.endsWith("…") && !isContinued) {
                pieces.set(pieces.size() - 1, pieces.get(pieces.size() - 1) + "\\s*?$");
            }
        }
        return pieces.stream()
                .map(piece -> Pattern.compile(piece, Pattern.MULTILINE))
                .toList();
    }

    private static String expression(String piece) {
        StringBuilder expression = new StringBuilder();
        Matcher matcher = ANY_VARYING.matcher(piece);
        int end = 0;
        while (matcher.find()) {
            expression.append(literal(piece.substring(end, matcher.start())));
            for (int i = 0; i < VARYING.size(); i++) {
                if (matcher.group(i + 1) != null) {
                    expression.append(VARYING.get(i).printed());
                }
            }
            end = matcher.end();
        }
        return expression.append(literal(piece.substring(end))).toString();
    }

    private static String literal(String text) {
        return Stream.of(text.split("\\s+", -1)).map(Pattern::quote).collect(Collectors.joining("\\s+"));
    }

    /**
     * What differs from run to run.
     *
     * @param what    its name
     * @param shown   how it is recognized in a document, a regular expression without groups that capture
     * @param printed what may stand there instead
     */
    private record Varying(String what, String shown, String printed) {

        private Varying(String what, String shown) {
            this(what, shown, shown);
        }
    }
}
