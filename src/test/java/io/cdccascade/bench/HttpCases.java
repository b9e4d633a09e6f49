package io.cdccascade.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What is asked of the API, the same of every server that has it. */
final class HttpCases {

    static final String HIT = "hit";
    static final String HIT_STEP = "hit, with a step in the route";
    static final String LIST = "list page";
    static final String MISS = "miss";
    static final String SINNERS = "/api/v1/sinners/read";

    private static final int MANY_CONNECTIONS = 64;
    private static final int KEYS = 100;
    private static final Runnable NOTHING = () -> {};

    private final int connections;
    private final int misses;

    /**
     * @param connections how many ask at once
     * @param misses      how many rows there are to be read once each
     */
    HttpCases(int connections, int misses) {
        this.connections = connections;
        this.misses = misses;
    }

    /** An answer that is always the same. */
    HttpCase constant(String name, BenchServer server) {
        return same(name, server, "/constant", "", 200, null);
    }

    /** One row that is cached. */
    HttpCase hit(String name, BenchServer server) {
        return same(name, server, SINNERS + "/" + BenchRows.ONE, "", 200, "hit");
    }

    /**
     * All others.
     *
     * @param forget drops the rows from the cache that are to be missed
     */
    List<HttpCase> all(BenchServer server, Runnable forget) throws IOException, InterruptedException {
        List<HttpCase> cases = new ArrayList<>();
        cases.add(hit(HIT, server));
        cases.add(hitOfMany(server));
        cases.add(same(
                "304", server, SINNERS + "/" + BenchRows.ONE, "If-None-Match: " + etag(server) + "\r\n", 304, null));
        cases.add(same(LIST, server, SINNERS + "?class=" + BenchRows.LISTED + "&limit=10", "", 200, "hit"));
        cases.add(same(
                KEYS + " keys",
                server,
                SINNERS + "?code="
                        + IntStream.range(BenchRows.MANY, BenchRows.MANY + KEYS)
                                .mapToObj(String::valueOf)
                                .collect(Collectors.joining(",")),
                "",
                200,
                "hit"));
        AtomicInteger missed = new AtomicInteger();
        cases.add(new HttpCase(
                MISS,
                server,
                connections,
                () -> request(server, SINNERS + "/" + (BenchRows.MISSES + missed.getAndIncrement() % misses), ""),
                200,
                "miss",
                forget));
        cases.add(same("negative", server, SINNERS + "/999999999", "", 404, "hit"));
        return cases;
    }

    /** A request as it goes over the wire. */
    static byte[] request(BenchServer server, String path, String headers) {
        return ("GET " + path + " HTTP/1.1\r\nHost: " + server.address().getHostString() + ":"
                        + server.address().getPort() + "\r\n" + headers + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private HttpCase hitOfMany(BenchServer server) {
        byte[][] requests = IntStream.range(BenchRows.MANY, BenchRows.MANY + BenchRows.MANY_COUNT)
                .mapToObj(code -> request(server, SINNERS + "/" + code, ""))
                .toArray(byte[][]::new);
        SplittableRandom random = new SplittableRandom(1);
        return new HttpCase(
                "hit, one of " + BenchRows.MANY_COUNT + " keys",
                server,
                MANY_CONNECTIONS,
                () -> requests[random.nextInt(requests.length)],
                200,
                "hit",
                NOTHING);
    }

    private HttpCase same(
            String name, BenchServer server, String path, String headers, int status, String cacheStatus) {
        byte[] request = request(server, path, headers);
        Supplier<byte[]> requests = () -> request;
        return new HttpCase(name, server, connections, requests, status, cacheStatus, NOTHING);
    }

    private static String etag(BenchServer server) throws IOException, InterruptedException {
        return server.get(SINNERS + "/" + BenchRows.ONE)
                .headers()
                .firstValue("ETag")
                .orElse("\"none\"");
    }
}
