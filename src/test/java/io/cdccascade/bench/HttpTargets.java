package io.cdccascade.bench;

/** What the table says of the targets. */
final class HttpTargets {

    private final Bench bench;
    private final HttpTable table;

    HttpTargets(Bench bench, HttpTable table) {
        this.bench = bench;
        this.table = table;
    }

    void print() {
        bench.say("%-44s %8s %8s  %s", "", "seen", "net", "target");
        cost("CPU of a hit / constant route", HttpCases.HIT, HttpTable.ROUTE, "<= 0.9");
        cost("CPU of a hit with a step / constant route", HttpCases.HIT_STEP, HttpTable.ROUTE, "<= 1.3");
        cost("CPU of a hit / bare Vert.x", HttpCases.HIT, HttpTable.VERTX, "<= 2.5");
        cost("CPU of a list page / hit", HttpCases.LIST, HttpCases.HIT, "<= 1.5");
        say("misses a second / JDBC", rate(HttpCases.MISS) / rate(SelectReference.JDBC), "");
        say("misses a second / pgbench", rate(HttpCases.MISS) / rate(SelectReference.PGBENCH), ">= 0.5");
        say("p99 of a hit while others are slow, ms", table.median(HttpBench.HIT_MEANWHILE, Sample::p99), "< 100");
        say("p99 of liveness meanwhile, ms", table.median(HttpBench.LIVE_MEANWHILE, Sample::p99), "< 100");
        String peer = HttpCases.HIT + HttpBench.PEER;
        say("hits a second / peer's", rate(HttpCases.HIT) / rate(peer), ">= 1.5");
        cost("CPU of a hit / peer's", HttpCases.HIT, peer, "<= 0.7");
    }

    private void cost(String what, String row, String other, String target) {
        say(
                what,
                table.median(row, Sample::cpu) / table.median(other, Sample::cpu),
                table.median(row, Sample::net) / table.median(other, Sample::net),
                target);
    }

    private void say(String what, double seen, String target) {
        say(what, seen, Double.NaN, target);
    }

    private void say(String what, double seen, double net, String target) {
        if (Double.isFinite(seen)) {
            bench.say("%-44s %8s %8s  %s", what, HttpTable.number(seen, 2), HttpTable.number(net, 2), target);
        }
    }

    private double rate(String row) {
        return table.median(row, Sample::rate);
    }
}
