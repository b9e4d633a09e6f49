package io.cdccascade.reload;

/** Running requests did not finish in the time that an edit waits for them. No request was cut off, nothing changed. */
final class DrainTimeoutException extends Exception {

    private static final long serialVersionUID = 1L;

    /** @param timeoutMs how long the edit waited, in milliseconds */
    DrainTimeoutException(long timeoutMs) {
        super("running requests did not finish within " + timeoutMs + " ms");
    }
}
