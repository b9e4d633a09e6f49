package io.cdccascade.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.cache.Freshness;
import io.cdccascade.table.CachedTable;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings, a table's file and Cache-Control together make a request's bound. */
class StalenessBoundTest {

    private static final Duration COMMON = Duration.ofSeconds(5);

    private final CachedTable file = new CachedTable();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "private | 5",
                "max-age=2 | 2",
                "max-age=9 | 5",
                "MAX-AGE=\"2\" | 2",
                "max-age=2, max-age=1 | 2",
                "max-age=two | 5",
                "max-age=-1 | 5",
                "max-stale=3 | 8",
                "max-stale=x | 5",
                "max-stale=3, max-age=6 | 6",
                "max-stale=3, max-age=9 | 8",
            })
    void aDirectiveTightensOrLoosensTheBound(String cacheControl, long seconds) {
        assertThat(bound(cacheControl).nanos()).isEqualTo(nanos(seconds));
    }

    @Test
    void maxStaleAloneTakesAnyAge() {
        assertThat(bound("max-stale").nanos()).isEqualTo(Freshness.UNBOUNDED);
    }

    @Test
    void noCacheTakesNone() {
        assertThat(bound("max-stale, no-cache")).isEqualTo(new StalenessBound(-1, -1));
    }

    @Test
    void theFileComesBeforeTheSettings() {
        file.setMaxStaleness("2s");
        assertThat(bound(null).nanos()).isEqualTo(nanos(2));
        file.setMaxStaleness("0");
        assertThat(bound(null).nanos()).isEqualTo(Freshness.UNBOUNDED);
        assertThat(bound("max-age=1").nanos()).isEqualTo(nanos(1));
    }

    @Test
    void entriesStandInForAsLongAsTheFileSaysButNotForACallerWhoSetsALimit() {
        assertThat(bound(null)).isEqualTo(new StalenessBound(nanos(5), nanos(5)));
        file.setStaleIfError("1m");
        assertThat(bound(null)).isEqualTo(new StalenessBound(nanos(5), nanos(65)));
        assertThat(bound("max-stale=100")).isEqualTo(new StalenessBound(nanos(105), nanos(105)));
        assertThat(bound("max-age=1")).isEqualTo(new StalenessBound(nanos(1), nanos(1)));
    }

    private StalenessBound bound(String cacheControl) {
        return StalenessBound.of(file, COMMON, cacheControl);
    }

    private static long nanos(long seconds) {
        return Duration.ofSeconds(seconds).toNanos();
    }
}
