package io.cdccascade.reload;

/** Requests have taken longer to end than a change waits for them; nothing was changed, and nobody was cut off. */
final class BusyException extends Exception {

    private static final long serialVersionUID = 1L;

    /** @param waitedMs how long the change has waited, in milliseconds */
    BusyException(long waitedMs) {
        super("requests that run take longer than the " + waitedMs + " ms that the change waits for them");
    }
}
