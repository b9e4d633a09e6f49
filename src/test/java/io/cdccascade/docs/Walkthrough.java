package io.cdccascade.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeProcess;
import io.cdccascade.support.CascadeSystem;
import io.cdccascade.support.Signal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A reader who types what the documents show, in a copy of the project, against the one system that {@code ./mvnw}
 * starts there. The ports of this system are free ones and stand in for those of the documents; so do the id of its
 * process for its name, and the token of the last write for the one that is shown.
 */
final class Walkthrough implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration PATIENCE_TO_START = Duration.ofMinutes(5);

    private static final String START = "./mvnw";
    private static final Pattern STOP = Pattern.compile("camel stop ");
    private static final Pattern ENDLESS = Pattern.compile("scripts/topic \\S+");
    /** What may be asked again until the answer is the one that is shown. */
    private static final Pattern QUESTION = Pattern.compile(
            "curl (?!.*(-X|-d|--data)).*|scripts/redis (GET|HGETALL|EXISTS|KEYS|STRLEN) .*|scripts/sql \"SELECT .*"
                    + "|scripts/doctor|camel (ps|get).*",
            Pattern.DOTALL);

    private static final Pattern TOKEN = Pattern.compile("(?<=Cascade-Token: )[\\w@.-]+");
    private static final Pattern LOG_LINE = Pattern.compile("(?:INFO|WARN|ERROR) +\\S+ +: (.*)");
    private static final Pattern TABLE_FILE = Pattern.compile("cat > (routes/tables/\\S+)");

    private final Path folder;
    private final Map<String, String> settings = new TreeMap<>(CascadeSystem.freshSettings());
    private final Map<String, String> addresses = new TreeMap<>();
    private final Terminal terminal;
    private CascadeProcess system;
    private String token = "none yet";
    private Path tableFile;

    /** @param folder an empty folder */
    Walkthrough(Path folder) throws IOException {
        this.folder = folder;
        ProjectCopy.into(folder);
        // The data go where the documents say: into the project's folder.
        settings.remove("cascade.data");
        settings.put("cascade.cli.enabled", "true");
        Properties shipped = new Properties();
        try (InputStream file = Files.newInputStream(Path.of("application.properties"))) {
            shipped.load(file);
        }
        Map<String, String> environment = new TreeMap<>();
        settings.forEach((key, value) -> {
            environment.put(key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"), value);
            if (key.endsWith(".port")) {
                addresses.put("localhost:" + shipped.getProperty(key), "localhost:" + value);
            }
        });
        // Not the progress that curl shows where it does not print to a terminal.
        Files.writeString(folder.resolve(".curlrc"), "silent\nshow-error\n");
        // As in the tests themselves: what lives for seconds is not worth more compilation.
        environment.put("MAVEN_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
        environment.put("CURL_HOME", folder.toString());
        terminal = new Terminal(folder, environment);
    }

    /** Does what a block says, and fails when what the document shows is not seen. */
    void follow(Example example) throws IOException {
        if (!example.yaml().isEmpty()) {
            edit(example.yaml());
            return;
        }
        List<String> commands = example.commands().stream()
                .filter(command -> NotRun.reason(example.document(), command).isEmpty())
                .toList();
        if (commands.isEmpty()) {
            return;
        }
        List<String> shown = example.shown().stream().map(this::here).toList();
        ShownOutput output = ShownOutput.of(
                example.inLog()
                        ? List.of()
                        : shown.stream()
                                .filter(line -> !LOG_LINE.matcher(line).matches())
                                .toList());
        int found = 0;
        for (int i = 0; i < commands.size(); i++) {
            boolean isLast = i == commands.size() - 1;
            found += type(commands.get(i), output, found, isLast);
        }
        awaitLog(ShownOutput.ofLog(shown.stream()
                .filter(line -> example.inLog() || LOG_LINE.matcher(line).matches())
                .map(line -> LOG_LINE.matcher(line).replaceFirst("$1"))
                .toList()));
    }

    /** Types a command and returns how many of the shown lines, from an index on, it has printed. */
    private int type(String shown, ShownOutput output, int from, boolean isLast) throws IOException {
        String command = here(shown);
        if (command.equals(START)) {
            start();
            return printed(command, output, from, isLast, system::output);
        }
        assertThat(system).as("the system, which %s starts", START).isNotNull();
        if (ENDLESS.matcher(command).matches()) {
            try (Terminal.Running running = terminal.start(command)) {
                return printed(command, output, from, isLast, running::output);
            }
        }
        // In the middle of a block whose output is not all shown, its answer may be one that is not.
        if (QUESTION.matcher(command).matches() && (isLast || !output.isElidedBefore(from))) {
            return printed(command, output, from, isLast, () -> terminal.run(command));
        }
        String once = terminal.run(command);
        remember(command, once);
        if (STOP.matcher(command).lookingAt()) {
            system.awaitExit();
        }
        return isLast ? printed(command, output, from, true, () -> once) : output.found(once, from);
    }

    /** Waits until what is printed has the lines that are missing: the next one, or all after the last command. */
    private static int printed(String command, ShownOutput output, int from, boolean isLast, Callable<String> printed) {
        AtomicReference<String> last = new AtomicReference<>("");
        try {
            return await().atMost(PATIENCE)
                    .until(
                            () -> {
                                last.set(printed.call());
                                return output.found(last.get(), from);
                            },
                            found -> isLast ? from + found == output.size() : found > 0 || from == output.size());
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("%s%n%nThe document shows: %s%n%nThis was printed instead: %s"
                    .formatted(command, output.line(from + output.found(last.get(), from)), last.get()));
        }
    }

    private void start() {
        system = CascadeProcess.start(settings, terminal.process("exec " + START));
        // Maven may have to download, and compiles.
        await().atMost(PATIENCE_TO_START).until(system::isReady);
    }

    private void awaitLog(ShownOutput messages) {
        if (messages.size() > 0) {
            printed("The log", messages, 0, true, system::output);
        }
    }

    private void remember(String command, String printed) {
        Matcher tokens = TOKEN.matcher(printed);
        while (tokens.find()) {
            token = tokens.group();
        }
        Matcher file = TABLE_FILE.matcher(command);
        if (file.find()) {
            tableFile = folder.resolve(file.group(1));
        }
    }

    /** A part of the table file that was written last: its first line is there already, the others are new. */
    private void edit(String yaml) throws IOException {
        String first = yaml.substring(0, yaml.indexOf('\n') + 1);
        if (tableFile != null && first.startsWith(" ")) {
            String text = Files.readString(tableFile);
            assertThat(text).containsOnlyOnce(first);
            Files.writeString(tableFile, text.replace(first, yaml));
        }
    }

    /** A text of a document, with the addresses, the process and the token of this system. */
    private String here(String text) {
        String here = text;
        for (Map.Entry<String, String> address : addresses.entrySet()) {
            here = here.replace(address.getKey(), address.getValue());
        }
        if (here.startsWith("camel ")) {
            here = here.replace(" cdc-cascade", " " + system.pid());
        } else if (here.startsWith("curl ")) {
            here = TOKEN.matcher(here).replaceAll(Matcher.quoteReplacement(token));
        }
        return here;
    }

    @Override
    public void close() {
        if (system != null) {
            try (CascadeProcess ending = system) {
                // In good order, so that the servers end with it; without effect on one that has ended.
                ending.end(Signal.TERM);
            }
        }
    }
}
