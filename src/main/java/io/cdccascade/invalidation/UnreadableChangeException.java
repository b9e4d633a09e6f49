package io.cdccascade.invalidation;

/** A record of a change topic that does not say which entries it touches. */
public final class UnreadableChangeException extends Exception {

    public UnreadableChangeException(String message) {
        super(message, null, false, false);
    }
}
