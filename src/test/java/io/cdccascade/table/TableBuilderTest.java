package io.cdccascade.table;

import static io.cdccascade.table.SampleTables.column;
import static io.cdccascade.table.SampleTables.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a file's author is told when something is wrong, and what changes the schema fingerprint. */
class TableBuilderTest {

    private static final Table ORDERS = table(
            "orders",
            List.of("id"),
            column("id", "bigint", "int8", 'N', true),
            column("name", "text", "text", 'S', false),
            column("place", "point", "point", 'G', false));
    private static final Table ITEMS = table(
            "items",
            List.of("id"),
            column("id", "bigint", "int8", 'N', true),
            column("order_id", "integer", "int4", 'N', false),
            column("note", "text", "text", 'S', false));

    private final CachedTable file = new CachedTable();

    TableBuilderTest() {
        file.setTable("orders");
    }

    @Test
    void aFileThatSaysOnlyTheTableIsEnough() throws TableFileException {
        ServedTable served = build(ORDERS);

        assertThat(served.name()).isEqualTo("public.orders");
        assertThat(served.keyNames()).isEqualTo("id");
        assertThat(served.columns()).hasSize(3);
    }

    @Test
    void aTableHasToExistToBeReadableAndToBePublishedWhole() {
        wrong("table: there is no table public.orders in the database", ITEMS);
        wrong("run GRANT SELECT ON \"public\".\"orders\"", changed("readable"));
        wrong(
                "run, as the owner of both, ALTER PUBLICATION \"cascade\" ADD TABLE \"public\".\"orders\"",
                changed("unpublished"));
        wrong("leaves out rows, columns or operations of public.orders", changed("restricted"));
        wrong("public.orders has no primary key: add one", table("orders", List.of()));
        wrong("run ALTER TABLE \"public\".\"orders\" REPLICA IDENTITY DEFAULT", changed("faceless"));
    }

    @Test
    void aKeyHasToBeUniqueAndOfATypeThatIsKnown() {
        wrong(
                "key: id is of type point, which cannot be a key",
                table("orders", List.of("id"), column("id", "point", "point", 'G', true)));
        file.setKey("name");
        wrong("key: name is not a unique key of public.orders", ORDERS);
        file.setKey("id, id");
        wrong("key: id, id names a column twice", ORDERS);
    }

    @Test
    void aTextThatIsEqualToOthersIsNoKey() {
        Column loose = new Column("id", "text", "text", "text", 'S', -1, false, true, false, false, "id");

        wrong("key: id is of type text, which cannot be a key", table("orders", List.of("id"), loose));
    }

    @Test
    void columnsHaveToExist() {
        file.setColumns("nothing");

        wrong("columns: public.orders has no column nothing; it has id, name, place", ORDERS);
    }

    @Test
    void listsAreReadByColumnsOfTheTableThatAreNotTheKey() {
        file.setLists("nothing");
        wrong("lists: public.orders has no column nothing", ORDERS);
        file.setLists("place");
        wrong("lists: place is of type point", ORDERS);
        file.setLists("id");
        wrong("lists: id is the key", ORDERS);
        file.setLists("limit");
        wrong("lists: limit is the name of a query parameter", ORDERS);
    }

    @Test
    void aRuleHasToNameColumnsThatAreComparableToTheKey() {
        file.setDependsOn("items(order_id)");
        wrong("dependsOn: there is no table public.items", ORDERS);
        file.setDependsOn("items(nothing)");
        wrong("dependsOn: public.items has no column nothing", ORDERS, ITEMS);
        file.setDependsOn("items(order_id, id)");
        wrong("names 2 columns, but the key has 1", ORDERS, ITEMS);
        file.setDependsOn("items(note)");
        wrong(
                "dependsOn: note is of type text, but the key's id is of type bigint: name public.items()",
                ORDERS,
                ITEMS);
    }

    @Test
    void aViewHasToShowTheKeyAndToReadOnlyWhatTheFileNames() {
        file.setView("seen");
        wrong("view: there is no table public.seen", ORDERS);
        wrong(
                "view: public.seen has no column id, which belongs to the key",
                ORDERS,
                view(column("name", "text", "text", 'S', false)));
        wrong(
                "is of type text, but the table's is of type bigint: cast it in the view",
                ORDERS,
                view(column("id", "text", "text", 'S', false)));
        wrong(
                "view: public.seen reads public.items, and nothing says what a change there changes here: add "
                        + "public.items(columns that hold the key) to dependsOn, or public.items()",
                ORDERS,
                ITEMS,
                view(column("id", "bigint", "int8", 'N', false)));
    }

    @Test
    void aNameThatIsNoSegmentOfAPathNeedsAPath() {
        file.setTable("\"a/b\"");

        wrong("path: the table's name, a/b, cannot be a segment of a path: set path", table("\"a/b\"", List.of("id")));
    }

    @Test
    void aFingerprintChangesWithTheFileAndWithTheTable() throws TableFileException {
        String fingerprint = build(ORDERS).fingerprint();

        assertThat(build(ORDERS).fingerprint()).isEqualTo(fingerprint);
        assertThat(build(SampleTables.full(ORDERS)).fingerprint()).isNotEqualTo(fingerprint);
        file.setTtl("5m");
        assertThat(build(ORDERS).fingerprint()).isEqualTo(fingerprint);
        file.setColumns("name");
        assertThat(build(ORDERS).fingerprint()).isNotEqualTo(fingerprint);
    }

    @Test
    void aTableIsKeptUntilItsFileOrItsFingerprintChanges() throws TableFileException {
        ServedTable before = build(ORDERS);
        CachedTable edited = new CachedTable();
        edited.setTable("orders");
        Map<TableName, Table> catalog = Map.of(ORDERS.tableName(), ORDERS);
        Map<TableName, Table> changed = Map.of(ORDERS.tableName(), SampleTables.full(ORDERS));

        assertThat(new TableBuilder(file, catalog, "cascade", CaptureContent.ROWS).build(before))
                .isSameAs(before);
        assertThat(new TableBuilder(edited, catalog, "cascade", CaptureContent.ROWS).build(before))
                .isNotSameAs(before);
        assertThat(new TableBuilder(file, changed, "cascade", CaptureContent.ROWS).build(before))
                .isNotSameAs(before);
    }

    @Test
    void aPropertyThatCannotBeIsRefusedWhenItIsSet() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file.setTtl("soon"))
                .withMessage("ttl must be a time such as 30s, 10m or 1h, but is soon");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file.setNegativeTtl("0"))
                .withMessageContaining("negativeTtl must be longer than 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file.setMaxStaleness("-1s"))
                .withMessageContaining("maxStaleness must be");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file.setStaleIfError("soon"))
                .withMessage("staleIfError must be a time such as 30s, 10m or 1h, but is soon");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file.setPath("a/b"))
                .withMessageContaining("path must be one segment");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file.setRead("http:x"))
                .withMessageContaining("read must be a route's direct: endpoint");
        assertThatIllegalArgumentException().isThrownBy(() -> file.setTable("a.b.c"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file.setDependsOn("items"))
                .withMessageContaining("dependsOn must be table(column)");
    }

    private ServedTable build(Table... tables) throws TableFileException {
        Map<TableName, Table> catalog = new HashMap<>();
        Arrays.stream(tables).forEach(table -> catalog.put(table.tableName(), table));
        return new TableBuilder(file, catalog, "cascade", CaptureContent.ROWS).build();
    }

    private void wrong(String message, Table... tables) {
        assertThatThrownBy(() -> build(tables))
                .isInstanceOf(TableFileException.class)
                .hasMessageContaining(message);
    }

    private static Table changed(String what) {
        return new Table(
                ORDERS.tableName(),
                ORDERS.columns(),
                ORDERS.primaryKey(),
                List.of(),
                what.equals("faceless") ? List.of() : ORDERS.identity(),
                false,
                ORDERS.reads(),
                "",
                !what.equals("readable"),
                what.equals("unpublished") ? null : "1",
                what.equals("restricted"),
                1,
                false,
                false,
                null,
                null,
                null,
                ColumnList.NONE);
    }

    private static Table view(Column... columns) {
        return new Table(
                TableName.parse("seen"),
                List.of(columns),
                List.of(),
                List.of(),
                List.of(),
                false,
                List.of(ORDERS.tableName(), ITEMS.tableName()),
                "SELECT",
                true,
                null,
                false,
                2,
                false,
                false,
                null,
                null,
                null,
                ColumnList.NONE);
    }
}
