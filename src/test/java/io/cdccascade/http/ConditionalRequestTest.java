package io.cdccascade.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionalRequestTest {

    private static final String TAG = "CydIYQr-U0rNgSjuu-IQB3";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"CydIYQr-U0rNgSjuu-IQB3\"",
                "W/\"CydIYQr-U0rNgSjuu-IQB3\"",
                "\"x\", \"CydIYQr-U0rNgSjuu-IQB3\"",
                "\"x\",\"CydIYQr-U0rNgSjuu-IQB3\",\"y\"",
                "\"a,b\" , W/\"q\",\"CydIYQr-U0rNgSjuu-IQB3\"",
                "*",
                " * "
            })
    void aCallerWhoNamesTheTagHoldsTheRow(String header) {
        assertThat(ConditionalRequest.holds(header, TAG)).isTrue();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                "CydIYQr-U0rNgSjuu-IQB3",
                "\"CydIYQr-U0rNgSjuu-IQB\"",
                "\"CydIYQr-U0rNgSjuu-IQB34\"",
                "\"cydiyqr-u0rngsjuu-iqb3\"",
                "\"*\"",
                "W/\"\"",
                "\"",
                "\"x\", \"CydIYQr-U0rNgSjuu-IQB3"
            })
    void whoNamesAnotherOneDoesNot(String header) {
        assertThat(ConditionalRequest.holds(header, TAG)).isFalse();
    }
}
