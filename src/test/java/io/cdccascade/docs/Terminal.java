package io.cdccascade.docs;

import io.cdccascade.support.TestFolders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs shell commands in the project's folder, with the settings of the running system in the environment. */
final class Terminal {

    private static final long PATIENCE_SECONDS = 180;

    private final Path folder;
    private final Map<String, String> environment;

    /**
     * @param folder      where commands run
     * @param environment variables that are added to those of this process
     */
    Terminal(Path folder, Map<String, String> environment) {
        this.folder = folder;
        this.environment = environment;
    }

    /** A process for a command, to be started by the caller. */
    ProcessBuilder process(String command) {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", command).directory(folder.toFile());
        builder.environment().putAll(environment);
        // `camel` is scripts/camel, which docs/camel-cli.md calls the same program.
        builder.environment().put("PATH", folder.resolve("scripts") + ":" + System.getenv("PATH"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }

    /** What a command prints, standard error included, once it has ended by itself. */
    String run(String command) throws IOException {
        try (Running running = start(command)) {
            if (!running.process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(command + " does not end: " + running.output());
            }
            return running.output();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Starts a command that does not end by itself; closing ends it. */
    Running start(String command) throws IOException {
        Path output = TestFolders.create().resolve("output.log");
        ProcessBuilder builder = process(command).redirectErrorStream(true).redirectOutput(output.toFile());
        return new Running(builder.start(), output);
    }

    /** A command that runs. */
    record Running(Process process, Path file) implements AutoCloseable {

        /** What it has printed so far. */
        String output() {
            try {
                return Files.readString(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
    }
}
