package io.cdccascade.bench;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What requests cost: rows, lists, several keys, misses and conditional requests, beside a bare Vert.x server and a
 * constant Camel route, and beside any other server that has the same paths.
 */
final class HttpBench {

    static final String PEER = ", peer";
    static final String HIT_MEANWHILE = "hit, while 200 slow loads wait";
    static final String LIVE_MEANWHILE = "liveness, while 200 slow loads wait";

    private static final int MISSES = 200_000;

    private final Bench bench;
    private final int rounds;
    private final Duration duration;
    private final Duration warmUp;
    private final int connections;
    private final HttpTable table = new HttpTable();
    private final List<Double> atRest = new ArrayList<>();
    private long slowAnswered;
    private long slowRefused;

    HttpBench(Bench bench) {
        this.bench = bench;
        rounds = bench.option("rounds", 5);
        duration = Duration.ofSeconds(bench.option("seconds", 5));
        warmUp = Duration.ofSeconds(bench.option("warm-up", 10));
        connections = bench.option("connections", 16);
    }

    void run() throws Exception {
        try (BenchSystem system = new BenchSystem(bench.settings(), MISSES);
                BenchServer vertx = system.startVertx();
                BenchServer route = system.startConstantRoute();
                BenchServer stepped = system.startWithStep()) {
            List<HttpCase> cases = cases(system, vertx, route, stepped);
            SlowLoads slow = new SlowLoads(
                    system.application(), new HttpCases(connections, MISSES).hit(HttpCases.HIT, system.application()));
            SelectReference select = new SelectReference(system.rows(), connections, system.settings());
            boolean pgbench = SelectReference.hasPgbench();
            // Turn by turn, so that a busy neighbour troubles all alike. The first round warms up.
            for (int round = 0; round <= rounds; round++) {
                System.err.println(round == 0 ? "Warming up" : "Round " + round + " of " + rounds);
                Duration duration = round == 0 ? warmUp : this.duration;
                Map<BenchServer, Double> idle = atRest(cases, duration);
                atRest.add(idle.get(system.application()));
                for (HttpCase each : cases) {
                    Sample sample = each.measure(duration, system.redis(), idle.get(each.server()));
                    add(round, each.name(), each.connections(), sample);
                }
                if (bench.wants(HIT_MEANWHILE)) {
                    meanwhile(round, slow.measure(duration));
                }
                if (bench.wants(SelectReference.JDBC)) {
                    add(round, SelectReference.JDBC, connections, select.jdbc(duration));
                }
                if (pgbench && bench.wants(SelectReference.PGBENCH)) {
                    add(round, SelectReference.PGBENCH, connections, select.pgbench(duration));
                }
            }
            print();
        }
    }

    private void print() {
        bench.say(
                "Medians of %d rounds of %d s. CPU is the server process's own; clients and servers share %d cores.",
                rounds, duration.toSeconds(), Runtime.getRuntime().availableProcessors());
        table.print(bench);
        bench.say(
                "At rest the application takes %.1f %% of a core; net us is CPU us without that.",
                100 * Figures.median(atRest, each -> each));
        if (slowAnswered + slowRefused > 0) {
            bench.say("Of the slow requests %d were answered and %d refused.", slowAnswered, slowRefused);
        }
        new HttpTargets(bench, table).print();
    }

    private List<HttpCase> cases(BenchSystem system, BenchServer vertx, BenchServer route, BenchServer stepped)
            throws IOException, InterruptedException {
        HttpCases make = new HttpCases(connections, MISSES);
        List<HttpCase> cases = new ArrayList<>();
        cases.add(make.constant(HttpTable.VERTX, vertx));
        cases.add(make.constant(HttpTable.ROUTE, route));
        List<HttpCase> ours = make.all(
                system.application(),
                () -> system.redis()
                        .forget("*public.sinners:" + BenchRows.MISSES / 1_000_000 + "[0-9]".repeat(6) + "*"));
        List<HttpCase> peers = peers(system, make);
        for (int i = 0; i < ours.size(); i++) {
            add(cases, ours.get(i));
            if (ours.get(i).name().equals(HttpCases.HIT)) {
                add(cases, make.hit(HttpCases.HIT_STEP, stepped));
            }
            if (!peers.isEmpty() && answersAsExpected(peers.get(i))) {
                add(cases, peers.get(i));
            }
        }
        return cases;
    }

    private void add(List<HttpCase> cases, HttpCase each) {
        if (bench.wants(each.name())) {
            cases.add(each);
        }
    }

    /** The same cases of the peer, in the same order; none without one. */
    private List<HttpCase> peers(BenchSystem system, HttpCases make) throws IOException, InterruptedException {
        String url = bench.option("peer", "");
        if (url.isEmpty()) {
            return List.of();
        }
        bench.say(
                "Waiting for %s. It can use the PostgreSQL at port %s and the Redis at port %s.",
                url,
                system.settings().get("cascade.postgres.port"),
                system.settings().get("cascade.redis.port"));
        String pid = bench.option("peer-pid", "");
        BenchServer peer = BenchServer.peer(URI.create(url), pid.isEmpty() ? null : Long.valueOf(pid));
        peer.await(HttpCases.SINNERS + "/" + BenchRows.ONE, 200);
        return make.all(peer, () -> {}).stream()
                .map(each -> new HttpCase(
                        each.name() + PEER,
                        peer,
                        each.connections(),
                        each.requests(),
                        each.status(),
                        null,
                        each.before()))
                .toList();
    }

    /** A peer need not have everything. */
    private boolean answersAsExpected(HttpCase each) {
        Load probe = new HttpLoad(
                        each.server().address(), 1, each.requests(), each.status(), null, Duration.ofSeconds(1))
                .run(Duration.ofMillis(1), Duration.ofSeconds(10));
        if (probe.failed() > 0) {
            bench.say("%s is left out: %s", each.name(), probe.failure());
        }
        return probe.failed() == 0;
    }

    private void meanwhile(int round, SlowLoads.Seen seen) {
        add(round, HIT_MEANWHILE, connections, Sample.of(seen.hits()));
        add(round, LIVE_MEANWHILE, 1, Sample.of(seen.liveness()));
        if (round > 0) {
            slowAnswered += seen.slow().answers();
            slowRefused += seen.slow().failed();
        }
    }

    private void add(int round, String row, int connections, Sample sample) {
        if (round > 0) {
            table.add(row, connections, sample);
        }
    }

    /** The part of a core that each server takes while nobody asks it anything. */
    private static Map<BenchServer, Double> atRest(List<HttpCase> cases, Duration duration)
            throws InterruptedException {
        long start = System.nanoTime();
        Map<BenchServer, Double> before = new HashMap<>();
        cases.forEach(each -> before.computeIfAbsent(each.server(), BenchServer::cpuMicros));
        TimeUnit.MILLISECONDS.sleep(duration.toMillis());
        double micros = (System.nanoTime() - start) / 1e3;
        Map<BenchServer, Double> parts = new HashMap<>();
        before.forEach((server, cpu) -> parts.put(server, (server.cpuMicros() - cpu) / micros));
        return parts;
    }
}
