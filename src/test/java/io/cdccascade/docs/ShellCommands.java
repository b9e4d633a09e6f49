package io.cdccascade.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Splits a block of shell into its commands. Knows quotes over several lines, here-documents and comments. */
final class ShellCommands {

    private static final Pattern HERE_DOCUMENT = Pattern.compile("<<-?\\s*['\"]?(\\w+)['\"]?");

    private ShellCommands() {}

    /** The commands, without blank lines and lines that are comments. */
    static List<String> split(List<String> lines) {
        List<String> commands = new ArrayList<>();
        StringBuilder command = new StringBuilder();
        char quote = 0;
        String end = null;
        for (String line : lines) {
            if (command.isEmpty() && (line.isBlank() || line.startsWith("#"))) {
                continue;
            }
            command.append(command.isEmpty() ? "" : "\n").append(line);
            if (end != null) {
                end = line.equals(end) ? null : end;
            } else {
                quote = quoteAfter(line, quote);
                Matcher hereDocument = HERE_DOCUMENT.matcher(line);
                end = quote == 0 && hereDocument.find() ? hereDocument.group(1) : null;
            }
            if (quote == 0 && end == null && !line.endsWith("\\")) {
                commands.add(command.toString());
                command.setLength(0);
            }
        }
        if (!command.isEmpty()) {
            throw new IllegalArgumentException("This command does not end: " + command);
        }
        return commands;
    }

    private static char quoteAfter(String line, char before) {
        char quote = before;
        for (int i = 0; i < line.length(); i++) {
            char next = line.charAt(i);
            if (quote != 0) {
                quote = next == quote ? 0 : quote;
            } else if (next == '#' && (i == 0 || line.charAt(i - 1) == ' ')) {
                return quote;
            } else if (next == '\'' || next == '"') {
                quote = next;
            }
        }
        return quote;
    }
}
