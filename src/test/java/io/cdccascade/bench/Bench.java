package io.cdccascade.bench;

import io.cdccascade.support.CascadeSystem;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/**
 * Runs one of the benchmarks: {@code pipeline}, {@code cache} or {@code http}, with options as {@code name=value} or
 * {@code --name value}. An option with a dot in its name is a setting of the application.
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
        Bench bench = new Bench(options(args), System.out);
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        try {
            run(bench, args.length == 0 ? "" : args[0]);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1);
        }
        // Servers have been stopped; no idle thread of a library is to keep the process.
        System.exit(0);
    }

    private static void run(Bench bench, String benchmark) throws Exception {
        switch (benchmark) {
            case "pipeline" -> {
                String only = bench.option("only", "");
                if (only.isEmpty() || only.equals("latency")) {
                    new LatencyBench(bench).run();
                }
                if (only.equals("tables")) {
                    new TablesBench(bench).run();
                } else if (!only.equals("latency")) {
                    new PipelineBench(bench).run();
                }
            }
            case "cache" -> {
                new EntrySize(bench).run();
                new FenceMemory(bench).run();
                new CacheBench(bench).run();
            }
            case "http" -> new HttpBench(bench).run();
            default -> {
                System.err.println("Usage: scripts/bench pipeline|cache|http [option=value ...], see bench/README.md");
                System.exit(1);
            }
        }
    }

    private static Map<String, String> options(String[] args) {
        Map<String, String> options = new HashMap<>();
        for (int i = 1; i < args.length; i++) {
            if (args[i].startsWith("--") && i + 1 < args.length) {
                options.put(args[i].substring(2), args[++i]);
            } else {
                String[] option = args[i].split("=", 2);
                if (option.length < 2) {
                    throw new IllegalArgumentException("Not an option: " + args[i] + ", it has no value");
                }
                options.put(option[0], option[1]);
            }
        }
        return options;
    }

    /** An option's number, or what it is unless given. */
    int option(String name, int otherwise) {
        return Integer.parseInt(option(name, String.valueOf(otherwise)));
    }

    /** An option's text, or what it is unless given. */
    String option(String name, String otherwise) {
        return options.getOrDefault(name, otherwise);
    }

    /** Whether something is to be measured: everything, unless the option {@code only} has parts of names. */
    boolean wants(String name) {
        return Arrays.stream(option("only", "").split(",")).anyMatch(name::contains);
    }

    /** The options that are settings of the application. */
    Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>(options);
        settings.keySet().removeIf(name -> !name.contains("."));
        return settings;
    }

    /** The whole system on servers of its own, with some settings of its own. */
    CascadeSystem start(Map<String, String> settings) {
        Map<String, String> overrides = new HashMap<>(settings);
        overrides.putAll(settings());
        return CascadeSystem.start(overrides);
    }

    /** Prints a line in the manner of {@link String#format}. */
    void say(String format, Object... arguments) {
        out.println(format.formatted(arguments));
    }
}
