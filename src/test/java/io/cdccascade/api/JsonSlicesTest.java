package io.cdccascade.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.api.JsonSlices.Slice;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonSlicesTest {

    @Test
    void eachRowKeepsTheTextThatItHasInTheArray() {
        String first = "{\"id\":1.10,\"a\":{\"id\": [ 2 , {}]},\"b\":\"]},{\\\"id\\\":3\"}";
        String second = "{\"id\":2,\"a\":null,\"b\":\"\uD83D\uDE00 \\ud83d\"}";

        assertThat(JsonSlices.of("[" + first + "," + second + "]", List.of("id"))).containsExactly(
                new Slice(first, List.of("1.10")), new Slice(second, List.of("2")));
    }

    @Test
    void theValuesAreThoseOfTheColumnsAskedForInTheirOrder() {
        assertThat(JsonSlices.of("[{\"a\":true,\"b\":\"x\\\"y\",\"c\":-1}]", List.of("c", "b", "a")))
                .extracting(Slice::values).containsExactly(List.of("-1", "x\"y", "true"));
    }

    @Test
    void anEmptyArrayHasNoRows() {
        assertThat(JsonSlices.of("[]", List.of("id"))).isEmpty();
    }

    @Test
    void aRowMayBeLargerThanWhatAStrangerMaySend() {
        String digits = "9".repeat(2_000);
        String deep = "[".repeat(2_000) + "]".repeat(2_000);
        String large = "x".repeat(21_000_000);
        String row = "{\"id\":" + digits + ",\"a\":" + deep + ",\"b\":\"" + large + "\"}";

        List<Slice> slices = JsonSlices.of("[" + row + "," + row + "]", List.of("id"));

        assertThat(slices).hasSize(2);
        assertThat(slices.get(1).text().equals(row)).isTrue();
        assertThat(slices.get(1).values()).containsExactly(digits);
    }
}
