package io.cdccascade.support;

import java.io.IOException;
import java.io.UncheckedIOException;

/** A POSIX signal that a test sends to a process. */
public enum Signal {
    /** Suspends a process without its knowledge: its connections stay open and nothing is answered. */
    STOP,
    /** Lets a suspended process go on. */
    CONT,
    /** Ctrl-C. */
    INT,
    /** What a supervisor sends to stop a process in good order. */
    TERM,
    /** The end without a chance to do anything. */
    KILL;

    /** Sends the signal. */
    public void to(long pid) {
        run("kill", "-" + name(), Long.toString(pid));
    }

    /** Whether this process was started with the signal ignored, which its children inherit. */
    public boolean isIgnored() {
        return run("sh", "-c", "kill -" + name() + " $$") == 0;
    }

    private static int run(String... command) {
        try {
            return new ProcessBuilder(command).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
