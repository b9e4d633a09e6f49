package io.cdccascade.table;

/**
 * A column as PostgreSQL's catalog describes it.
 *
 * @param name     the column's name as stored, without quotes
 * @param type     the type with its modifier as {@code format_type} writes it, e.g. {@code character varying(20)}
 * @param base     the name of the type in {@code pg_type}, for a domain that of its base type, e.g. {@code varchar}
 * @param cast     that type as SQL names it, without its modifier: a cast with one would truncate a key that is too
 *                 long, and find another row
 * @param category {@code pg_type.typcategory}: {@code N} numeric, {@code B} boolean, {@code S} string, …
 * @param scale    the digits after the point of a numeric that has a fixed number of them, else -1
 * @param nullable whether the column may be null
 * @param required whether an INSERT has to name it: not nullable, no default, not generated, no identity
 * @param computed whether PostgreSQL alone sets it: a generated column or an identity that is always generated
 * @param exact    whether values are equal only if their texts are: false under a nondeterministic collation
 * @param origin   the table's column that it shows unchanged, see {@link ViewQueries}; empty where a view computes it
 */
public record Column(
        String name,
        String type,
        String base,
        String cast,
        char category,
        int scale,
        boolean nullable,
        boolean required,
        boolean computed,
        boolean exact,
        String origin) {}
