package io.cdccascade.bench;

import io.cdccascade.support.CascadeSystem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A cached read over HTTP, beside a route that answers a constant, and, without the routes of the API in front, the same
 * read from Redis and from PostgreSQL.
 */
final class HttpBench {

    private static final String HIT = "cached read";
    private static final Map<String, String> PATHS = new LinkedHashMap<>();

    static {
        PATHS.put("constant route", "/bench/constant");
        PATHS.put(HIT, "/api/v1/sinners/read/14");
        PATHS.put("the same, Redis", "/bench/redis/sinners/read/14");
        PATHS.put("PostgreSQL", "/bench/postgresql/sinners/read/14");
    }

    private final Bench bench;
    private final int rounds;
    private final int seconds;
    private final int connections;

    /** A round of one path: requests a second, p50 and p99 in ms, microseconds of CPU a request here and in Redis. */
    private record Load(double rate, double p50, double p99, double cpu, double redisCpu) {}

    HttpBench(Bench bench) {
        this.bench = bench;
        rounds = bench.option("rounds", 5);
        seconds = bench.option("seconds", 5);
        connections = bench.option("connections", 16);
    }

    void run() throws Exception {
        try (CascadeSystem system = bench.start(
                Map.of("camel.main.routes-include-pattern", "file:routes/*.camel.yaml,file:bench/http.camel.yaml"))) {
            Map<String, List<Load>> loads = new LinkedHashMap<>();
            // Turn by turn, so that a busy neighbour troubles all alike. The first round warms up.
            for (int round = 0; round <= rounds; round++) {
                for (Map.Entry<String, String> path : PATHS.entrySet()) {
                    Load load = load(system, path.getValue());
                    if (round > 0) {
                        loads.computeIfAbsent(path.getKey(), name -> new ArrayList<>())
                                .add(load);
                    }
                }
            }
            bench.say(
                    "Over %d connections, medians of %d rounds of %d s; the client shares the machine.",
                    connections, rounds, seconds);
            bench.say(
                    "%-16s %10s %8s %8s %6s %12s %12s",
                    "", "requests/s", "p50 ms", "p99 ms", "ratio", "CPU us/req", "Redis us/req");
            double hit = Figures.median(loads.get(HIT), Load::rate);
            loads.forEach((name, each) -> bench.say(
                    "%-16s %10.0f %8.2f %8.2f %6.2f %12.0f %12.0f",
                    name,
                    Figures.median(each, Load::rate),
                    Figures.median(each, Load::p50),
                    Figures.median(each, Load::p99),
                    Figures.median(each, Load::rate) / hit,
                    Figures.median(each, Load::cpu),
                    Figures.median(each, Load::redisCpu)));
        }
    }

    private Load load(CascadeSystem system, String path) throws IOException, InterruptedException {
        String port = system.setting("cascade.api.port");
        ProcessHandle redis =
                ProcessHandle.of(system.servers().redis().pid().orElseThrow()).orElseThrow();
        double cpu = micros(ProcessHandle.current());
        double redisCpu = micros(redis);
        Process client = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        HttpLoad.class.getName(),
                        port,
                        path,
                        String.valueOf(connections),
                        String.valueOf(seconds))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String printed = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (client.waitFor() != 0) {
            throw new IllegalStateException("The client of " + path + " failed");
        }
        double[] figures = Arrays.stream(printed.split(" "))
                .mapToDouble(Double::parseDouble)
                .toArray();
        double requests = figures[0] * seconds;
        return new Load(
                figures[0],
                figures[1],
                figures[2],
                (micros(ProcessHandle.current()) - cpu) / requests,
                (micros(redis) - redisCpu) / requests);
    }

    private static double micros(ProcessHandle process) {
        return process.info().totalCpuDuration().orElseThrow().toNanos() / 1e3;
    }
}
