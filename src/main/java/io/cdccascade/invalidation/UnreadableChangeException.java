package io.cdccascade.invalidation;

/** A record of a change topic that says too little to tell what it touched. */
public final class UnreadableChangeException extends Exception {

    public UnreadableChangeException(String message) {
        super(message, null, false, false);
    }
}
