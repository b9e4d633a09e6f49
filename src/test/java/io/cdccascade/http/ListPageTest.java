package io.cdccascade.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.table.RowKey;
import io.cdccascade.table.SampleTables;
import java.util.List;
import org.junit.jupiter.api.Test;

class ListPageTest {

    private static final String FIRST = "{\"code\":1,\"a\":{\"code\": [ 2 , {}]},\"b\":\"]},{\\\"code\\\":3\"}";
    private static final String SECOND = "{\"b\":\"\uD83D\uDE00 \\ud83d\",\"n\":1.10,\"code\":2}";
    private static final String THIRD = "{\"code\":3,\"name\":null}";
    private static final String LIST = "[" + FIRST + "," + SECOND + "," + THIRD + "]";

    @Test
    void eachRowKeepsTheTextThatItHasInTheList() {
        assertThat(ListPage.cut(request(10, null), LIST)).isEqualTo(new ListPage(List.of(FIRST, SECOND, THIRD), null));
    }

    @Test
    void aPageThatIsNotTheLastSaysWhereTheNextOneStarts() {
        assertThat(ListPage.cut(request(2, null), LIST)).isEqualTo(new ListPage(List.of(FIRST, SECOND), key("2")));
        assertThat(ListPage.cut(request(2, key("2")), LIST)).isEqualTo(new ListPage(List.of(THIRD), null));
        assertThat(ListPage.cut(request(2, key("3")), LIST)).isEqualTo(new ListPage(List.of(), null));
    }

    @Test
    void anEmptyListHasNoRows() {
        assertThat(ListPage.cut(request(2, null), "[]")).isEqualTo(new ListPage(List.of(), null));
    }

    @Test
    void aListThatIsTooLongOrHasLostTheRowBeforeThePageIsNotCut() {
        assertThat(ListPage.cut(request(2, null), null)).isNull();
        assertThat(ListPage.cut(request(2, key("4")), LIST)).isNull();
    }

    @Test
    void aRowMayBeLargerThanWhatAStrangerMaySend() {
        String row = "{\"code\":1,\"a\":" + "[".repeat(2_000) + "]".repeat(2_000) + ",\"b\":\"" + "x".repeat(21_000_000)
                + "\",\"c\":" + "9".repeat(2_000) + "}";

        ListPage page = ListPage.cut(request(10, null), "[" + row + "]");

        assertThat(page.rows()).hasSize(1);
        assertThat(page.rows().get(0).equals(row)).isTrue();
    }

    private static PageRequest request(int limit, RowKey after) {
        return new PageRequest(
                SampleTables.sinners(), "/api/v1/sinners/read", limit, 1_000, after, "name", key("a"), List.of(), null);
    }

    private static RowKey key(String value) {
        return new RowKey(List.of(value));
    }
}
