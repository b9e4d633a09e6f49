/** The cached tables: what they look like in PostgreSQL's catalog and the SQL that reads and writes their rows. */
package io.cdccascade.table;
