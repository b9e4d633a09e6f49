package io.cdccascade.live;

/** Requests have taken longer to end than a change waits for them; nothing was changed, and nobody was cut off. */
final class BusyException extends Exception {

    BusyException() {
        super("requests that run take longer than the change waits for them");
    }
}
