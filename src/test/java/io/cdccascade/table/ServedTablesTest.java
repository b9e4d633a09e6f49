package io.cdccascade.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What other packages find at one moment. */
class ServedTablesTest {

    private final ServedTable sinners = SampleTables.sinners();

    @Test
    void aTableIsFoundByItsPath() {
        ServedTables tables = new ServedTables(List.of(sinners), List.of(), Set.of());

        assertThat(tables.at("sinners")).containsSame(sinners);
        assertThat(tables.at("orders")).isEmpty();
        assertThat(tables.unserved("sinners")).isFalse();
        assertThat(tables.serves("public.sinners")).isTrue();
        assertThat(tables.serves("public.orders")).isFalse();
    }

    @Test
    void tablesAreInTheOrderOfTheirPaths() {
        ServedTable first = SampleTables.serve(file("a"), sinners.table());
        ServedTable last = SampleTables.serve(file("z"), sinners.table());

        assertThat(new ServedTables(List.of(last, sinners, first), List.of(), Set.of()).served())
                .containsExactly(first, sinners, last);
    }

    @Test
    void ofSeveralFilesForOnePathTheFirstCounts() {
        CachedTable first = file("a");
        ServedTables tables = new ServedTables(List.of(sinners), List.of(first, file("a")), Set.of());

        assertThat(tables.unserved("a")).isTrue();
        assertThat(tables.at("a")).isEmpty();
        assertThat(tables.unserved()).containsExactly(first);
        assertThat(tables.files()).containsExactly(sinners.file(), first);
    }

    @Test
    void otherDisputesLeaveTheTablesAsTheyAre() {
        ServedTables tables = new ServedTables(List.of(sinners), List.of(file("a")), Set.of("public.old"))
                .disputing(Set.of("public.sinners"));

        assertThat(tables.disputed()).containsExactly("public.sinners");
        assertThat(tables.served()).containsExactly(sinners);
        assertThat(tables.unserved("a")).isTrue();
    }

    private static CachedTable file(String path) {
        CachedTable file = new CachedTable();
        file.setTable("sinners");
        file.setPath(path);
        return file;
    }
}
