/** From Kafka to the cache: which entries Debezium's change events touch, what cannot be read, and how far behind it is. */
package io.cdccascade.invalidation;
