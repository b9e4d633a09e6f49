package io.cdccascade.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.table.Column;
import io.cdccascade.table.SampleTables;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class CachedListTest {

    private static final List<Column> KEY = SampleTables.sinners().key();
    private static final String FIRST = "{\"code\":1,\"a\":{\"code\": [ 2 , {}]},\"b\":\"]},{\\\"code\\\":3\"}";
    private static final String SECOND = "{\"b\":\"\uD83D\uDE00 \\ud83d\",\"n\":1.10,\"code\":2}";
    private static final String THIRD = "{\"code\":3,\"name\":null}";
    private static final String LIST = "[" + FIRST + "," + SECOND + "," + THIRD + "]";

    @Test
    void eachRowKeepsTheTextThatItHasInTheList() {
        assertPage(list(LIST).page(null, 10), LIST, null);
    }

    @Test
    void aPageThatIsNotTheLastSaysWhereTheNextOneStarts() {
        assertPage(list(LIST).page(null, 2), "[" + FIRST + "," + SECOND + "]", "2");
        assertPage(list(LIST).page("1", 1), "[" + SECOND + "]", "2");
        assertPage(list(LIST).page("2", 2), "[" + THIRD + "]", null);
        assertPage(list(LIST).page("3", 2), "[]", null);
    }

    @Test
    void anEmptyListHasNoRows() {
        assertPage(list("[]").page(null, 2), "[]", null);
    }

    @Test
    void aListThatHasLostTheRowBeforeThePageIsNotCut() {
        assertThat(list(LIST).page("4", 2)).isNull();
    }

    @Test
    void aRowMayBeLargerThanWhatAStrangerMaySend() {
        String row = "{\"code\":1,\"a\":" + "[".repeat(2_000) + "]".repeat(2_000) + ",\"b\":\"" + "x".repeat(21_000_000)
                + "\",\"c\":" + "9".repeat(2_000) + "}";

        CachedList.Page page = list("[" + row + "]").page(null, 10);

        assertThat(page.rows().toString().equals("[" + row + "]")).isTrue();
    }

    @Test
    void aKeyThatNoPathCanNameMakesTheListOneThatIsNotCached() {
        assertThat(CachedList.of("[{\"code\":\"x\"}]".getBytes(StandardCharsets.UTF_8), KEY))
                .isNull();
    }

    private static CachedList list(String json) {
        return new CachedList(CachedList.of(json.getBytes(StandardCharsets.UTF_8), KEY), 0);
    }

    private static void assertPage(CachedList.Page page, String rows, String last) {
        assertThat(page.rows().toString()).isEqualTo(rows);
        assertThat(page.last()).isEqualTo(last);
    }
}
