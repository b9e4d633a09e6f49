package io.cdccascade.docs;

import java.nio.file.Path;
import java.util.List;

/**
 * A fenced block of a document.
 *
 * @param document the document, relative to the project's folder
 * @param line     the number of the block's first line, from 1
 * @param commands the shell commands of a block {@code sh}, each with all of its lines; empty for a block {@code yaml}
 * @param yaml     the text of a block {@code yaml}, else empty
 * @param shown    the lines of the output that the document shows for the commands; empty if it shows none
 * @param inLog    whether these lines are the system's log
 */
record Example(Path document, int line, List<String> commands, String yaml, List<String> shown, boolean inLog) {

    @Override
    public String toString() {
        return "%s:%d".formatted(document.toString().replace('\\', '/'), line);
    }
}
