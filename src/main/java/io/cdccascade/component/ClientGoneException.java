package io.cdccascade.component;

/** The client has hung up; the request ends, and nobody reads its answer. */
final class ClientGoneException extends Exception {

    private static final long serialVersionUID = 1L;

    ClientGoneException(String message) {
        super(message, null, false, false);
    }
}
