package io.cdccascade.bench;

import io.cdccascade.support.CascadeSystem;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/**
 * Runs one of the benchmarks: {@code pipeline}, {@code cache} or {@code http}, with options as {@code name=value}. An
 * option with a dot in its name is a setting of the application.
 */
public final class Bench {

    private final Map<String, String> options;
    private final PrintStream out;

    private Bench(Map<String, String> options, PrintStream out) {
        this.options = options;
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        // Chatter between the figures, and the welcome, cost time and hide them; an error has to be seen.
        Configurator.setAllLevels("", Level.ERROR);
        Bench bench = new Bench(
                Arrays.stream(args)
                        .skip(1)
                        .map(option -> option.split("=", 2))
                        .collect(Collectors.toMap(option -> option[0], option -> option[1])),
                System.out);
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        switch (args.length == 0 ? "" : args[0]) {
            case "pipeline" -> new PipelineBench(bench).run();
            case "cache" -> new CacheBench(bench).run();
            case "http" -> new HttpBench(bench).run();
            default -> {
                System.err.println("Usage: scripts/bench pipeline|cache|http [option=value ...], see bench/README.md");
                System.exit(1);
            }
        }
        // Servers have been stopped; no idle thread of a library is to keep the process.
        System.exit(0);
    }

    /** An option's number, or what it is unless given. */
    int option(String name, int otherwise) {
        return Integer.parseInt(option(name, String.valueOf(otherwise)));
    }

    /** An option's text, or what it is unless given. */
    String option(String name, String otherwise) {
        return options.getOrDefault(name, otherwise);
    }

    /** The whole system on servers of its own, with some settings of its own. */
    CascadeSystem start(Map<String, String> settings) {
        Map<String, String> overrides = new HashMap<>(settings);
        options.forEach((name, value) -> {
            if (name.contains(".")) {
                overrides.put(name, value);
            }
        });
        return CascadeSystem.start(overrides);
    }

    /** Prints a line in the manner of {@link String#format}. */
    void say(String format, Object... arguments) {
        out.println(format.formatted(arguments));
    }
}
