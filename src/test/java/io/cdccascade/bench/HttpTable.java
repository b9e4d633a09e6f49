package io.cdccascade.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** The rounds of every row, and the table of their medians. */
final class HttpTable {

    static final String VERTX = "bare Vert.x, a constant";
    static final String ROUTE = "Camel route, a constant";

    private final Map<String, List<Sample>> rows = new LinkedHashMap<>();
    private final Map<String, Integer> connections = new LinkedHashMap<>();

    void add(String row, int connections, Sample sample) {
        this.connections.put(row, connections);
        rows.computeIfAbsent(row, name -> new ArrayList<>()).add(sample);
    }

    /** The median of a row's rounds; not a number where there is no such row. */
    double median(String row, ToDoubleFunction<Sample> figure) {
        List<Sample> rounds = rows.getOrDefault(row, List.of());
        return rounds.isEmpty() ? Double.NaN : Figures.median(rounds, figure);
    }

    void print(Bench bench) {
        bench.say(
                "%-34s %5s %10s %8s %8s %8s %8s %8s %8s %8s %8s %7s",
                "",
                "conn.",
                "requests/s",
                "CPU us",
                "net us",
                "Redis us",
                "p50 ms",
                "p99 ms",
                "max ms",
                "x route",
                "x Vert.x",
                "failed");
        double route = median(ROUTE, Sample::cpu);
        double vertx = median(VERTX, Sample::cpu);
        rows.forEach((name, rounds) -> bench.say(
                "%-34s %5d %10.0f %8s %8s %8s %8s %8s %8s %8s %8s %7d",
                name,
                connections.get(name),
                median(name, Sample::rate),
                number(median(name, Sample::cpu), 1),
                number(median(name, Sample::net), 1),
                number(median(name, Sample::redisCpu), 1),
                number(median(name, Sample::p50), 2),
                number(median(name, Sample::p99), 2),
                number(median(name, Sample::max), 1),
                number(median(name, Sample::cpu) / route, 2),
                number(median(name, Sample::cpu) / vertx, 2),
                rounds.stream().mapToLong(Sample::failed).sum()));
        rows.forEach((name, rounds) -> {
            rounds.stream()
                    .map(Sample::failure)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .ifPresent(failure -> bench.say("%s: the first failure was %s", name, failure));
            Map<String, Long> unlike = new TreeMap<>();
            rounds.forEach(round -> round.unlike().forEach((status, count) -> unlike.merge(status, count, Long::sum)));
            unlike.forEach((status, count) -> bench.say("%s: %d answers had Cache-Status %s", name, count, status));
        });
    }

    /** A figure, or a dash where it is not known. */
    static String number(double figure, int digits) {
        return Double.isFinite(figure) ? String.format(Locale.ROOT, "%." + digits + "f", figure) : "-";
    }
}
