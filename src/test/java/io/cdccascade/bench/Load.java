package io.cdccascade.bench;

import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What a load has seen.
 *
 * @param seconds how long it took, until the last answer
 * @param micros  how long each answer took that was as expected, in microseconds
 * @param failed  answers of another status, connections that broke and requests that were never answered
 * @param unlike  how many answers had each Cache-Status that was not the one expected
 * @param failure the first failure, or null
 */
record Load(double seconds, Histogram micros, long failed, Map<String, Long> unlike, String failure) {

    long answers() {
        return micros.getTotalCount();
    }

    double rate() {
        return answers() / seconds;
    }

    /** In milliseconds; not a number where nothing was answered. */
    double percentile(double percent) {
        return answers() == 0 ? Double.NaN : micros.getValueAtPercentile(percent) / 1e3;
    }
}
