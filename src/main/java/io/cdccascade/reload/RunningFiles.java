package io.cdccascade.reload;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The files whose content runs. Applies edits to them and leaves out the files that cannot run. Not thread-safe.
 *
 * <p>An edit is a file's new content by its location, or null for a file that was deleted.
 */
final class RunningFiles {

    private final EditApplier applier;
    private Map<String, SourceFile> files = new LinkedHashMap<>();

    RunningFiles(EditApplier applier) {
        this.applier = applier;
    }

    /**
     * Records the files that Camel itself has loaded.
     *
     * @param texts the files' contents by location
     */
    void adopt(Map<String, String> texts) throws RejectedEditException {
        for (Map.Entry<String, String> file : texts.entrySet()) {
            files.put(file.getKey(), SourceFile.parse(file.getKey(), file.getValue()));
        }
        applier.adopt(files.values());
    }

    boolean contains(String location) {
        return files.containsKey(location);
    }

    /**
     * Finds the edits: the differences between what runs and the files as they are now.
     *
     * @param texts      the files' contents by location
     * @param part       the part of an edited file that is to take effect
     * @param rejections receives the files that cannot be parsed, which are not among the edits
     * @return a map that may be changed
     */
    Map<String, SourceFile> edits(Map<String, String> texts, UnaryOperator<SourceFile> part, Rejections rejections) {
        Map<String, SourceFile> edits = new LinkedHashMap<>();
        texts.forEach((location, text) -> {
            SourceFile running = files.get(location);
            if (running == null || !running.text().equals(text)) {
                try {
                    edits.put(location, part.apply(SourceFile.parse(location, text)));
                } catch (RejectedEditException e) {
                    rejections.add(location, e);
                }
            }
        });
        files.keySet().stream()
                .filter(location -> !texts.containsKey(location))
                .forEach(location -> edits.put(location, null));
        return edits;
    }

    /**
     * Applies as many of the edits as possible. Edits that cannot run are taken out of the map, one after the other.
     *
     * @param rejections receives what was taken out
     * @return what changed, for the log; empty if nothing did
     * @throws DrainTimeoutException if running requests took too long; then nothing changed
     */
    String apply(Map<String, SourceFile> edits, Rejections rejections) throws DrainTimeoutException {
        while (true) {
            Map<String, SourceFile> target = new LinkedHashMap<>(files);
            target.putAll(edits);
            target.values().removeIf(Objects::isNull);
            try {
                String summary = applier.apply(target.values());
                files = target;
                return summary;
            } catch (RejectedEditException e) {
                if (edits.isEmpty()) {
                    // A rollback could not restore what ran before. The next edit tries again.
                    rejections.add(e.locations().iterator().next(), e);
                    return "";
                }
                for (String location : atFault(e, edits.keySet())) {
                    edits.remove(location);
                    rejections.add(location, e);
                }
            }
        }
    }

    /** The edited files with the error; all edited files if it is in a file that was not edited. */
    private static Set<String> atFault(RejectedEditException e, Set<String> edited) {
        Set<String> atFault = new LinkedHashSet<>(e.locations());
        atFault.retainAll(edited);
        return atFault.isEmpty() ? new LinkedHashSet<>(edited) : atFault;
    }
}
