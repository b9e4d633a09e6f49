package io.cdccascade.table;

/** What is wrong with a table file. The message names the property and the remedy, for the file's author. */
final class TableFileException extends Exception {

    private static final long serialVersionUID = 1L;

    TableFileException(String message) {
        super(message, null, false, false);
    }
}
