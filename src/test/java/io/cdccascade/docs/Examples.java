package io.cdccascade.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds the documents and their fenced blocks {@code sh} and {@code yaml}. */
final class Examples {

    private static final Set<String> FOLDERS = Set.of("docs", "docs/decisions", "bench", "model", ".");
    private static final Pattern LOG = Pattern.compile("\\blog\\s+(shows|says)\\b");

    private final Path document;
    private final List<String> lines;
    private final List<Example> examples = new ArrayList<>();

    private Examples(Path document) {
        this.document = document;
        try {
            this.lines = Files.readAllLines(document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The Markdown files of the project, in the order of their names. */
    static List<Path> documents() {
        List<Path> documents = new ArrayList<>();
        for (String folder : FOLDERS) {
            if (Files.isDirectory(Path.of(folder))) {
                try (Stream<Path> files = Files.list(Path.of(folder))) {
                    files.filter(file -> file.toString().endsWith(".md"))
                            .map(Path::normalize)
                            .forEach(documents::add);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        documents.sort(null);
        return documents;
    }

    /** The blocks of a document, in their order. */
    static List<Example> of(Path document) {
        Examples reader = new Examples(document);
        reader.read();
        return reader.examples;
    }

    /**
     * A block without a language that follows a block {@code sh}, with nothing but prose between them, is what its
     * commands print; it is what the log says when the prose says that.
     */
    private void read() {
        int start = -1;
        StringBuilder prose = new StringBuilder();
        Example last = null;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (!line.startsWith("```")) {
                if (line.startsWith("#")) {
                    last = null;
                }
                prose.append(line).append('\n');
                continue;
            }
            start = i + 1;
            for (i = start; !lines.get(i).startsWith("```"); i++) {}
            List<String> block = lines.subList(start, i);
            String language = line.substring(3);
            if (language.isEmpty() && last != null && !last.commands().isEmpty()) {
                examples.remove(last);
                examples.add(new Example(
                        document,
                        last.line(),
                        last.commands(),
                        "",
                        List.copyOf(block),
                        LOG.matcher(prose).find()));
                last = null;
            } else {
                last = new Example(
                        document,
                        start + 1,
                        language.equals("sh") ? ShellCommands.split(block) : List.of(),
                        language.equals("yaml") ? String.join("\n", block) + "\n" : "",
                        List.of(),
                        false);
                if (Set.of("sh", "yaml").contains(language)) {
                    examples.add(last);
                }
            }
            prose.setLength(0);
        }
    }
}
