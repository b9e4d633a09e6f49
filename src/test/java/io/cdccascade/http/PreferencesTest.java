package io.cdccascade.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is understood of a Prefer header, as RFC 7240 spells it. */
class PreferencesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wait=5 | false | 5",
                "Wait = \"5\" | false | 5",
                "respond-async, wait=5 | false | 5",
                "wait=5, wait=9 | false | 5",
                "wait=5; foo=\"a, wait=9\" | false | 5",
                "wait | false | 0",
                "wait=-1 | false | 0",
                "wait=soon | false | 0",
                "fresh-as-of | true | 0",
                "FRESH-AS-OF; foo, wait=1 | true | 1",
                "foo=\"a\\\", fresh-as-of\" | false | 0",
            })
    void aHeaderIsReadAsTheStandardSays(String header, boolean freshAsOf, long waitSeconds) {
        assertThat(Preferences.of(header)).isEqualTo(new Preferences(freshAsOf, waitSeconds));
    }
}
