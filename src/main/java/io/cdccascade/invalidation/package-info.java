/** Debezium's change events: what they mean for the cache. */
package io.cdccascade.invalidation;
