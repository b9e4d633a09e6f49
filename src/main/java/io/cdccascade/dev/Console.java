package io.cdccascade.dev;

/** What the command line helpers share. */
final class Console {

    private Console() {}

    /** The value of an environment variable, or the default if it is unset or empty. */
    static String setting(String variable, String defaultValue) {
        var value = System.getenv(variable);
        return value == null || value.isEmpty() ? defaultValue : value;
    }

    /** Ends the program with exit code 1 and a message on standard error. */
    static void exit(String message) {
        System.err.println(message);
        System.exit(1);
    }
}
