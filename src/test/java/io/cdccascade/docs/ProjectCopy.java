package io.cdccascade.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** A copy of the project as a fresh clone has it: nothing is built, and commands may change its files. */
final class ProjectCopy {

    private static final List<String> SOURCES = List.of(
            ".mvn",
            "application-dev.properties",
            "application.properties",
            "mvnw",
            "pom.xml",
            "routes",
            "scripts",
            "src/main");

    private ProjectCopy() {}

    /** Copies what is needed to build and run the project into a folder. */
    static void into(Path folder) throws IOException {
        for (String source : SOURCES) {
            try (Stream<Path> files = Files.walk(Path.of(source))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Path copy = folder.resolve(file.toString());
                    Files.createDirectories(copy.getParent());
                    Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }
}
