/**
 * PostgreSQL, Redis and Kafka as embedded servers, so that the whole system runs from nothing but a JDK.
 *
 * <p>They are for development and tests: one node each, loopback only, passwords that everybody knows. Nothing
 * outside this package may depend on it; in production the servers are other people's and this package is left out.
 *
 * <p>PostgreSQL and Redis are native processes which outlive a killed JVM. They lead sessions of their own, so a
 * Ctrl-C in the terminal reaches the JVM alone and the servers are stopped after the work in flight is done. A
 * server that a killed run left behind is stopped, and never adopted, by the next start on the same data folder:
 * what runs then always has the settings of today.
 */
package io.cdccascade.dev;
