package io.cdccascade.table;

/**
 * A column as PostgreSQL's catalog describes it.
 *
 * @param name     the column's name as stored, without quotes
 * @param type     the type with its modifier as {@code format_type} writes it, e.g. {@code character varying(20)}
 * @param category {@code pg_type.typcategory}: {@code N} numeric, {@code B} boolean, {@code S} string, …
 * @param required whether an INSERT has to name it: NOT NULL, no default, not generated, no identity
 */
public record Column(String name, String type, char category, boolean required) {

    /** Whether the type is one of PostgreSQL's three integer types, whose text form is unique. */
    boolean isInteger() {
        return switch (type) {
            case "smallint", "integer", "bigint" -> true;
            default -> false;
        };
    }
}
