package io.cdccascade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.Api;
import io.cdccascade.support.CascadeProcess;
import io.cdccascade.support.CascadeSystem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The Camel CLI as scripts/camel gives it: runs a copy of the sources, looks into it and into Camel Main, stops. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "scripts/camel is a shell script")
class CamelCliIT {

    private static final List<String> SOURCES =
            List.of("application.properties", "application-dev.properties", "routes", "scripts/init.sql", "src/main");

    private final Map<String, String> settings = new TreeMap<>(CascadeSystem.freshSettings());

    @TempDir
    private Path project;

    CamelCliIT() {
        settings.put("cascade.cli.enabled", "true");
    }

    @Test
    void runsTheSourcesLooksIntoTheSystemAndStopsIt() throws Exception {
        for (String source : SOURCES) {
            copy(Path.of(source));
        }
        try (CascadeProcess system =
                CascadeProcess.start(settings, camel("run", ".").directory(project.toFile()))) {
            awaitReady(system);

            await().untilAsserted(() -> assertThat(Api.cacheStatus(system.api().get("/sinners/read/14")))
                    .isEqualTo("hit"));
            assertSeen(system);

            edit(project.resolve("routes/read.camel.yaml"), "            uri: cascade:answer\n", """
                        - setHeader:
                            name: Edited
                            expression:
                              constant:
                                expression: while it ran
                """);
            await().untilAsserted(() -> assertThat(
                            system.api().get("/sinners/read/14").headers().firstValue("Edited"))
                    .contains("while it ran"));

            run("cmd", "stop-route", pid(system), "--id=read-page");
            await().untilAsserted(() -> assertThat(line("read-page", run("get", "route", pid(system))))
                    .contains("Stopped"));

            run("stop", pid(system));
            assertThat(system.awaitExit()).as(system::output).isIn(0, 143);
            assertThat(run("ps")).doesNotContain(pid(system));
        }
    }

    @Test
    void looksIntoAndStopsCamelMain() throws Exception {
        try (CascadeProcess system = CascadeProcess.start(settings)) {
            awaitReady(system);
            assertSeen(system);

            run("stop", pid(system));
            assertThat(system.awaitExit()).as(system::output).isIn(0, 143);
        }
    }

    private static void awaitReady(CascadeProcess system) {
        // The CLI resolves and, the first time, downloads what the sources need, and compiles them.
        await().atMost(5, TimeUnit.MINUTES).until(system::isReady);
    }

    /** Asked again when something is missing: a command that reads while the process writes its state sees nothing. */
    private static void assertSeen(CascadeProcess system) {
        await().untilAsserted(() -> assertThat(line(pid(system), run("ps"))).contains("cdc-cascade", "1/1", "Running"));
        await().untilAsserted(() -> {
            String routes = run("get", "route", pid(system));
            assertThat(List.of("capture", "invalidate-entries", "read-row", "create-row"))
                    .allSatisfy(route -> assertThat(line(route, routes)).contains("Started"));
        });
        // The one command that shows every process.
        await().untilAsserted(() -> assertThat(
                        run("get", "health", "--level=full").lines())
                .anySatisfy(line -> assertThat(line).contains(pid(system), "route:capture", "UP")));
    }

    private static void edit(Path file, String after, String addition) throws IOException {
        String text = Files.readString(file);
        assertThat(text).containsOnlyOnce(after);
        Files.writeString(file, text.replace(after, after + addition));
    }

    private static String pid(CascadeProcess system) {
        return String.valueOf(system.pid());
    }

    /** The line that has a text as one of its words; fails when there is none. */
    private static String line(String word, String output) {
        return output.lines()
                .filter(line -> Arrays.asList(line.split("[ /]+")).contains(word))
                .findFirst()
                .orElseThrow(() -> new AssertionError(word + " is not in:\n" + output));
    }

    /** What a command prints. */
    private static String run(String... arguments) throws IOException, InterruptedException {
        Process process = camel(arguments).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static ProcessBuilder camel(String... arguments) {
        List<String> command = new ArrayList<>(
                List.of(Path.of("scripts/camel").toAbsolutePath().toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }

    private void copy(Path source) throws IOException {
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = project.resolve(file.toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }
}
