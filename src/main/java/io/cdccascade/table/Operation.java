package io.cdccascade.table;

/** What a request may do with a table. */
public enum Operation {
    READ,
    LIST,
    CREATE,
    UPDATE,
    DELETE
}
