package io.cdccascade.table;

/** What can be asked of a table. */
public enum Operation {
    READ,
    LIST,
    CREATE,
    UPDATE,
    DELETE
}
