package io.cdccascade.docs;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The commands that documents show and {@link DocumentsIT} does not run, each with the reason. */
final class NotRun {

    private static final String BUILD = "is the build that runs this test, or a part of it";
    private static final String PRODUCTION = "builds or starts the production image's content, see ProductionBeansTest";
    private static final String CONNECT = "needs Kafka Connect: ConnectorIT sends these requests";
    private static final String EDITS = "needs edits of routes by hand: LiveEditingIT makes them";
    private static final String FIGURES = "takes minutes and prints figures";

    /** All of them. */
    static final List<Command> COMMANDS = List.of(
            new Command("README.md", "camel run .", "CamelCliIT runs it"),
            new Command("README.md", "./mvnw verify", BUILD),
            new Command("docs/camel-cli.md", "camel run .", "CamelCliIT runs it"),
            new Command("docs/consistency.md", "model/check", "needs Spin and gcc: ModelIT runs it where they are"),
            new Command("docs/consistency.md", "./mvnw test -Dtest=", BUILD),
            new Command("docs/deployment.md", "./mvnw -Pproduction", PRODUCTION),
            new Command("docs/deployment.md", "sed -i '/# embedded", PRODUCTION),
            new Command("docs/deployment.md", "java -cp", PRODUCTION),
            new Command("docs/kafka-connect.md", "curl", CONNECT),
            new Command("docs/kafka-connect.md", "C=http", CONNECT),
            new Command("docs/live-editing.md", "curl -si localhost:8080/api/v1/sinners/read/14 | grep", EDITS),
            new Command("docs/live-editing.md", "sed -i", EDITS),
            new Command("docs/live-editing.md", "git checkout", EDITS),
            new Command("bench/README.md", "scripts/bench", FIGURES));

    private NotRun() {}

    /** Why a command of a document is not run, or empty if it is. */
    static Optional<String> reason(Path document, String command) {
        return COMMANDS.stream()
                .filter(listed -> listed.matches(document, command))
                .map(Command::reason)
                .findFirst();
    }

    /**
     * Commands of one kind.
     *
     * @param document the document that shows them
     * @param start    how they start
     * @param reason   why they are not run
     */
    record Command(String document, String start, String reason) {

        boolean matches(Path shownIn, String command) {
            return Path.of(document).equals(shownIn) && command.startsWith(start);
        }
    }
}
