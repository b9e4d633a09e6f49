package io.cdccascade.table;

import io.cdccascade.cache.ReadPoint;

/**
 * What a load statement read.
 *
 * @param readPoint what the statement saw
 * @param row       the row or list as PostgreSQL wrote it, JSON in UTF-8; null where there is none
 */
public record Loaded(ReadPoint readPoint, byte[] row) {}
