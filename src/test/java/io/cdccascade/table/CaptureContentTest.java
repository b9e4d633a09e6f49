package io.cdccascade.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CaptureContentTest {

    private static final CachedTable FILE = new CachedTable();

    static {
        FILE.setTable("orders");
        FILE.setLists("customer_id");
    }

    @Test
    void theSettingIsRowsOrKeys() {
        assertThat(CaptureContent.parse("rows", "connect")).isEqualTo(CaptureContent.ROWS);
        assertThat(CaptureContent.parse("keys", "embedded")).isEqualTo(CaptureContent.KEYS);
        assertThatThrownBy(() -> CaptureContent.parse("Keys", "embedded")).hasMessageContaining("must be rows or keys");
        assertThatThrownBy(() -> CaptureContent.parse("keys", "connect"))
                .hasMessageContaining("needs cascade.capture.mode");
    }

    @Test
    void aListHasTheColumnsOfIdentityKeyListsAndRulesAndWhatIsPublishedAlready() {
        CachedTable other = new CachedTable();
        other.setTable("customers");
        other.setDependsOn("orders(status)");

        assertThat(ColumnList.of(orders(null, null), List.of(FILE, other)))
                .containsExactly("id", "customer_id", "status");
        assertThat(ColumnList.of(orders(List.of("id", "note"), null), List.of(FILE)))
                .containsExactly("id", "customer_id", "note");
    }

    @Test
    void whatCannotBeListedIsRefusedWithTheStatement() {
        assertThatThrownBy(() -> build(orders(null, "version"), CaptureContent.KEYS))
                .hasMessageContaining("needs PostgreSQL 15");
        assertThatThrownBy(() -> build(orders(List.of("id"), "full"), CaptureContent.KEYS))
                .hasMessageContaining("ALTER TABLE \"public\".\"orders\" REPLICA IDENTITY DEFAULT")
                .hasMessageContaining("DROP TABLE \"public\".\"orders\"");
        assertThatThrownBy(() -> build(orders(null, null), CaptureContent.KEYS))
                .hasMessageContaining("contains whole rows of public.orders");
        assertThatThrownBy(() -> build(orders(List.of("id"), null), CaptureContent.ROWS))
                .hasMessageContaining("without a list of columns");
    }

    @Test
    void postgresqlRefusesUpdatesWhereTheListLacksTheIdentity() {
        assertThat(orders(List.of("note"), null).readOnlyWhilePublished()).isTrue();
        assertThat(orders(List.of("id"), "full").readOnlyWhilePublished()).isTrue();
        assertThat(orders(List.of("id"), null).readOnlyWhilePublished()).isFalse();
        assertThat(orders(null, "full").readOnlyWhilePublished()).isFalse();
    }

    private static void build(Table table, CaptureContent content) throws TableFileException {
        new TableBuilder(FILE, Map.of(table.tableName(), table), "cascade", content).build();
    }

    private static Table orders(List<String> published, String obstacle) {
        return listed(
                SampleTables.table(
                        "orders",
                        List.of("id"),
                        SampleTables.column("id", "integer", "int4", 'N', true),
                        SampleTables.column("customer_id", "integer", "int4", 'N', true),
                        SampleTables.column("status", "text", "text", 'S', true),
                        SampleTables.column("note", "text", "text", 'S', true)),
                new ColumnList(published, List.of("id", "customer_id", "status", "note"), obstacle));
    }

    private static Table listed(Table table, ColumnList list) {
        return SampleTables.of(table, table.columns(), table.uniqueKeys(), table.identity(), false, list);
    }
}
