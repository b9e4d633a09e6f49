package io.cdccascade.dev;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The native server process that a pid file names.
 *
 * @param pidFile the file whose first line is the process's id; it need not exist
 * @param folder  the server's folder, which is part of its command line
 */
record ServerProcess(Path pidFile, Path folder) {

    /**
     * Finds the process while it is alive.
     *
     * <p>A pid file that a crash left behind may name anybody's process by now, so the process counts only if its
     * command line names the folder.
     *
     * @return the process, or empty if there is no pid file or its process is gone or is another one's
     */
    Optional<ProcessHandle> find() {
        return pid().flatMap(ProcessHandle::of).filter(ProcessHandle::isAlive).filter(this::isOurs);
    }

    /**
     * Waits until a process that {@link #find} returned is gone.
     *
     * @return false if it is still there when the time is up, or when the thread is interrupted
     */
    boolean awaitExit(ProcessHandle process, Duration time) {
        var deadline = System.nanoTime() + time.toNanos();
        try {
            // A container without an init keeps the exited process as a zombie, which is alive but has no arguments.
            while (process.isAlive() && isOurs(process)) {
                if (System.nanoTime() - deadline > 0) {
                    return false;
                }
                Thread.sleep(10);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Optional<Long> pid() {
        if (!Files.exists(pidFile)) {
            return Optional.empty();
        }
        try (var lines = Files.lines(pidFile)) {
            return lines.findFirst()
                    .map(String::strip)
                    .filter(line -> line.matches("\\d{1,18}"))
                    .map(Long::valueOf);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + pidFile, e);
        }
    }

    private boolean isOurs(ProcessHandle process) {
        var info = process.info();
        // Windows tells the executable but not the arguments.
        return info.arguments()
                .map(arguments -> String.join(" ", arguments).contains(folder.toString()))
                .orElseGet(() -> info.command()
                        .map(Path::of)
                        .map(Path::getFileName)
                        .map(Path::toString)
                        .filter(name -> name.matches("(postgres|redis-server).*"))
                        .isPresent());
    }
}
