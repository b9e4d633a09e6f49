package io.cdccascade.bench;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** A round's measurements, in ascending order, of whatever unit. */
record Figures(double[] ascending) {

    static Figures of(double... measurements) {
        double[] ascending = measurements.clone();
        Arrays.sort(ascending);
        return new Figures(ascending);
    }

    /** The nearest-rank percentile; not a number where nothing was measured. */
    double percentile(double percent) {
        return ascending.length == 0
                ? Double.NaN
                : ascending[Math.max(0, (int) Math.ceil(percent / 100 * ascending.length) - 1)];
    }

    double median() {
        return percentile(50);
    }

    /** The median over rounds of one figure of each. */
    static <T> double median(List<T> rounds, ToDoubleFunction<T> figure) {
        return of(rounds.stream().mapToDouble(figure).toArray()).median();
    }
}
