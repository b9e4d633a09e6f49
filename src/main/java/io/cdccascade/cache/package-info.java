/**
 * The fenced cache: rows of PostgreSQL kept in Redis such that a cached row is never older than a change already
 * applied to the cache.
 *
 * <p>A reader that misses takes a <em>lease</em> for the key, reads the row together with what the statement saw
 * (its snapshot, and how much of the log was flushed), and fills. A change event <em>fences</em> its transaction for
 * the key. A fill is stored only while its lease is the current one and it saw every fenced transaction. Both checks
 * run inside Redis, next to the data, as the Lua scripts beside these classes.
 *
 * <p>{@link io.cdccascade.cache.CacheReader} is the way in for readers, {@link io.cdccascade.cache.CacheInvalidator} for changes. The safety argument is in
 * {@code docs/decisions/0003-fences-leases-and-memory.md}.
 */
package io.cdccascade.cache;
