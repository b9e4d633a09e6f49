package io.cdccascade.table;

/** What is wrong with a table's file, with the remedy, for the file's author. */
final class Mistake extends Exception {

    private static final long serialVersionUID = 1L;

    Mistake(String message) {
        super(message, null, false, false);
    }
}
