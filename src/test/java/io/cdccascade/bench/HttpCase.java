package io.cdccascade.bench;

import java.time.Duration;
import java.util.function.Supplier;

/**
 * What is asked of a server, and what it should answer.
 *
 * @param connections how many ask at once
 * @param requests    what is sent next, whole
 * @param status      the status of every answer
 * @param cacheStatus what Cache-Status contains if there is one; null if that does not matter
 * @param before      what has to be done before each round
 */
record HttpCase(
        String name,
        BenchServer server,
        int connections,
        Supplier<byte[]> requests,
        int status,
        String cacheStatus,
        Runnable before) {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /**
     * Measures one round.
     *
     * @param atRest the part of a core that the server takes while nobody asks it anything
     */
    Sample measure(Duration duration, BenchRedis redis, double atRest) {
        before.run();
        double cpu = server.cpuMicros();
        double redisCpu = redis.cpuMicros();
        Load load = new HttpLoad(server.address(), connections, requests, status, cacheStatus, Duration.ZERO)
                .run(duration, PATIENCE);
        double used = server.cpuMicros() - cpu;
        return Sample.of(
                load,
                used / load.answers(),
                (used - 1e6 * atRest * load.seconds()) / load.answers(),
                (redis.cpuMicros() - redisCpu) / load.answers());
    }
}
