package io.cdccascade.bench;

/** What the entry of a row takes in Redis, beside a plain text with the row, of the same name and lifetime. */
final class EntrySize {

    private final Bench bench;

    EntrySize(Bench bench) {
        this.bench = bench;
    }

    void run() throws Exception {
        try (BenchSystem system = new BenchSystem(bench.settings(), 1)) {
            String row = system.application()
                    .get(HttpCases.SINNERS + "/" + BenchRows.ONE)
                    .body();
            String name = system.redis().name("*:public.sinners:" + BenchRows.ONE);
            long entry = system.redis().bytes(name);
            system.redis().replace(name, row);
            long plain = system.redis().bytes(name);
            bench.say(
                    "The entry %s of a row of %d bytes takes %d bytes, a plain SET of the row %d: ratio %.2f",
                    name, row.length(), entry, plain, (double) entry / plain);
        }
    }
}
