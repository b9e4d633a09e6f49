package io.cdccascade.docs;

import static org.assertj.core.api.Assumptions.assumeThat;

import io.cdccascade.support.TestFolders;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Every command that a document shows works as it is typed, and prints what is shown; but for those that
 * {@link NotRun} lists. The documents are followed one after the other, each from its beginning to its end.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "The documents show commands of a POSIX shell")
class DocumentsIT {

    /** The README starts the system, and the document on the Camel CLI stops it. */
    private static final Path FIRST = Path.of("README.md");

    private static final Path LAST = Path.of("docs/camel-cli.md");

    private static final Set<Path> FAILED = new HashSet<>();

    private static Walkthrough walkthrough;

    @BeforeAll
    static void copyTheProject() throws IOException {
        walkthrough = new Walkthrough(TestFolders.create());
    }

    @AfterAll
    static void stopTheSystem() {
        walkthrough.close();
    }

    @TestFactory
    Stream<DynamicContainer> whatADocumentShowsWorksAsTyped() {
        List<Path> documents = new ArrayList<>(Examples.documents());
        documents.remove(FIRST);
        documents.add(0, FIRST);
        documents.remove(LAST);
        documents.add(LAST);
        return documents.stream()
                .map(document -> DynamicContainer.dynamicContainer(
                        document.toString(),
                        Examples.of(document).stream()
                                .map(example -> DynamicTest.dynamicTest(example.toString(), () -> follow(example)))));
    }

    private static void follow(Example example) throws IOException {
        // What comes after a step that failed would fail, too, and hide it.
        assumeThat(FAILED).doesNotContain(example.document());
        FAILED.add(example.document());
        walkthrough.follow(example);
        FAILED.remove(example.document());
    }
}
