package io.cdccascade.cache;

/**
 * The right to fill one key, until it expires by Redis's clock or is used up by a fill. Its holder may {@linkplain Renewal
 * renew} it.
 *
 * @param key what may be filled
 * @param id  the name Redis knows the lease by; no two leases have the same
 */
public record Lease(CacheKey key, String id) {}
