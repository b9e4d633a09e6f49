package io.cdccascade.bench;

import java.util.Map;

/**
 * One round of one row of the table. What is not known is not a number.
 *
 * @param rate     answers a second
 * @param cpu      microseconds of the server process's processor time for each
 * @param net      the same without what the process takes at rest
 * @param redisCpu the same of Redis
 * @param p50      milliseconds, as the others
 * @param failed   how many failed
 * @param unlike   how many were answered otherwise than from where they should be, by Cache-Status
 * @param failure  why the first one failed, or null
 */
record Sample(
        double rate,
        double cpu,
        double net,
        double redisCpu,
        double p50,
        double p99,
        double max,
        long failed,
        Map<String, Long> unlike,
        String failure) {

    /** A round of which no processor time is known. */
    static Sample of(Load load) {
        return of(load, Double.NaN, Double.NaN, Double.NaN);
    }

    static Sample of(Load load, double cpu, double net, double redisCpu) {
        return new Sample(
                load.rate(),
                cpu,
                net,
                redisCpu,
                load.percentile(50),
                load.percentile(99),
                load.percentile(100),
                load.failed(),
                load.unlike(),
                load.failure());
    }
}
