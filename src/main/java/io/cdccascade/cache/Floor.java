package io.cdccascade.cache;

/**
 * Below which xid a fill has to see everything.
 *
 * @param xid     a 64-bit xid above every one that was assigned before
 * @param history the {@link History} that it was assigned in
 */
public record Floor(long xid, String history) {}
