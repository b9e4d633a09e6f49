package io.cdccascade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How {@link DocumentsIT} reads the documents, and that its exceptions are still needed. */
class DocumentsTest {

    @TempDir
    private Path folder;

    static List<NotRun.Command> exceptions() {
        return NotRun.COMMANDS;
    }

    @ParameterizedTest
    @MethodSource("exceptions")
    void aCommandThatIsNotRunIsStillShown(NotRun.Command exception) {
        Path document = Path.of(exception.document());

        assertThat(Examples.of(document).stream().flatMap(example -> example.commands().stream()))
                .anyMatch(command -> exception.matches(document, command));
    }

    @Test
    void aBlockIsReadWithItsCommandsAndWhatTheyPrint() throws IOException {
        assertThat(examples("""
                # Title
                ```sh
                # a comment
                cat > file <<'END'
                it's "text
                END
                scripts/sql "SELECT 1,
                             2"    # isn't that enough
                ```
                Some prose.
                ```
                1  2
                ```
                ```
                not its output
                ```
                """)).singleElement().satisfies(example -> {
            assertThat(example.line()).isEqualTo(3);
            assertThat(example.commands())
                    .containsExactly(
                            "cat > file <<'END'\nit's \"text\nEND",
                            "scripts/sql \"SELECT 1,\n             2\"    # isn't that enough");
            assertThat(example.shown()).containsExactly("1  2");
            assertThat(example.inLog()).isFalse();
        });
    }

    @Test
    void whatTheLogSaysIsLookedForInTheLog() throws IOException {
        assertThat(examples("```sh\nrm file\n```\nThe log says:\n```\ngone\n```\n"))
                .singleElement()
                .satisfies(example -> assertThat(example.inLog()).isTrue());
    }

    @Test
    void aHeadingEndsWhatBelongsToACommand() throws IOException {
        assertThat(examples("```sh\nrm file\n```\n## Next\n```\nother\n```\n"))
                .singleElement()
                .satisfies(example -> assertThat(example.shown()).isEmpty());
    }

    @Test
    void linesHaveToBePrintedInTheirOrder() {
        ShownOutput shown = ShownOutput.of(List.of("HTTP/1.1 200 OK", "", "{\"code\":21,…,\"class\":\"S\"}"));

        assertThat(shown.found("HTTP/1.1 200 OK\r\nAge: 3\r\n\r\n{\"code\":21,\"name\":\"x\",\"class\":\"S\"}", 0))
                .isEqualTo(2);
        assertThat(shown.found("HTTP/1.1 503 Service Unavailable\r\n", 0)).isZero();
        assertThat(shown.found("{\"code\":21,\"name\":\"x\",\"class\":\"S\"}\nHTTP/1.1 200 OK", 0))
                .isEqualTo(1);
        assertThat(shown.found("{\"code\":21,\"class\":\"S\"}", 1)).isZero();
    }

    @Test
    void aShownLineIsAWholeLine() {
        ShownOutput shown = ShownOutput.of(List.of("hello"));

        assertThat(shown.found("hello\n", 0)).isEqualTo(1);
        assertThat(shown.found("There is nothing at /hello", 0)).isZero();
        assertThat(shown.found("hello world", 0)).isZero();
    }

    @Test
    void anIndentedLineMayContinueTheOneBefore() {
        assertThat(ShownOutput.of(List.of("{\"after\":{…},", "    \"op\":\"c\"}"))
                        .found("{\"after\":{1},\"op\":\"c\"}", 0))
                .isEqualTo(2);
    }

    @Test
    void whatDiffersFromRunToRunMayDiffer() {
        ShownOutput shown = ShownOutput.of(List.of(
                "Age: 3",
                "ETag: \"CydIYQr-U0rNgSjuu-IQB3\"",
                "2) 781@30247848",
                "{\"code\":21,\"created_at\":\"2026-11-22T14:08:54.1106\"}"));

        assertThat(shown.found(
                        "Age: 12\nETag: \"x\"\n2) 9@29697016\n{\"code\":21,\"created_at\":\"2027-01-01T00:00:00\"}", 0))
                .isEqualTo(4);
        assertThat(shown.found("Age: 12\nETag: \"x\"\n3) 9@29697016\n", 0)).isEqualTo(2);
    }

    private List<Example> examples(String text) throws IOException {
        return Examples.of(Files.writeString(folder.resolve("document.md"), text));
    }
}
