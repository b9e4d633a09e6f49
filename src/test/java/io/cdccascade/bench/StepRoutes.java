package io.cdccascade.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A copy of the shipped routes in which the route of a read has one step more, as an integrator would put it there. */
final class StepRoutes {

    private static final String ROUTE = "id: read-row";

    private StepRoutes() {}

    /** Writes the copy into a folder, which is made. */
    static void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        boolean found = false;
        try (Stream<Path> files = Files.list(Path.of("routes"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                List<String> lines = Files.readAllLines(file);
                int route = lines.stream().map(String::strip).toList().indexOf(ROUTE);
                if (route >= 0) {
                    lines = withStep(lines, route);
                    found = true;
                }
                Files.write(folder.resolve(file.getFileName()), lines);
            }
        }
        if (!found) {
            throw new IllegalStateException("No file in routes/ has a route with " + ROUTE);
        }
    }

    private static List<String> withStep(List<String> lines, int route) {
        List<String> changed = new ArrayList<>(lines);
        int steps = route;
        while (!changed.get(steps).strip().equals("steps:")) {
            steps++;
        }
        String indent = " ".repeat(changed.get(steps).indexOf("steps:") + 2);
        changed.addAll(
                steps + 1,
                List.of(
                        indent + "- setVariable:",
                        indent + "    id: bench-step",
                        indent + "    name: benchStep",
                        indent + "    expression:",
                        indent + "      constant:",
                        indent + "        expression: seen"));
        return changed;
    }
}
