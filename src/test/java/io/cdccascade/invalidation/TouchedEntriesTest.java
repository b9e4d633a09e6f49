package io.cdccascade.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.CachedTable;
import io.cdccascade.table.Column;
import io.cdccascade.table.ColumnList;
import io.cdccascade.table.SampleTables;
import io.cdccascade.table.ServedTable;
import io.cdccascade.table.ServedTables;
import io.cdccascade.table.Table;
import io.cdccascade.table.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which entries a change touches, by what its event says of the row before. */
class TouchedEntriesTest {

    private static final String GONE = "__debezium_unavailable_value";
    private static final Table ORDERS = SampleTables.table(
            "orders",
            List.of("id"),
            SampleTables.column("id", "bigint", "int8", 'N', true),
            SampleTables.column("customer_id", "integer", "int4", 'N', false),
            SampleTables.column("note", "text", "text", 'S', false));
    private static final Table ITEMS = SampleTables.table(
            "items",
            List.of("id"),
            SampleTables.column("id", "bigint", "int8", 'N', true),
            SampleTables.column("order_id", "integer", "int4", 'N', false));

    private final CachedTable file = new CachedTable();

    TouchedEntriesTest() {
        file.setTable("orders");
    }

    @Test
    void aRowThatNobodyServesTouchesNothing() {
        TouchedEntries entries = entries(ORDERS);
        entries.add(event("other", 'u', "{\"id\":1}", null, "{\"id\":1}"));

        touches(entries);
    }

    @Test
    void anUpdateTouchesItsRowByTheEventsKey() {
        touches(of(ORDERS, 'u', "{\"id\":1}", null, "{\"id\":1,\"customer_id\":7}"), "public.orders 1");
    }

    @Test
    void aListIsTouchedByTheValueAfterAndUnderFullIdentityByTheValueBeforeToo() {
        file.setLists("customer_id");
        Table full = SampleTables.full(ORDERS);

        touches(
                of(full, 'u', "{\"id\":1}", "{\"id\":1,\"customer_id\":7}", "{\"id\":1,\"customer_id\":8}"),
                "public.orders 1",
                "public.orders?customer_id 8",
                "public.orders?customer_id 7");
        touches(
                of(full, 'd', "{\"id\":1}", "{\"id\":1,\"customer_id\":7}", null),
                "public.orders 1",
                "public.orders?customer_id 7");
        touches(
                of(full, 'c', "{\"id\":1}", null, "{\"id\":1,\"customer_id\":7}"),
                "public.orders 1",
                "public.orders?customer_id 7");
    }

    @Test
    void everyListIsForgottenWhereTheIdentityHidesTheValueBefore() {
        file.setLists("customer_id");

        touches(
                of(ORDERS, 'u', "{\"id\":1}", null, "{\"id\":1,\"customer_id\":8}"),
                "public.orders 1",
                "public.orders?customer_id");
        touches(
                of(ORDERS, 'd', "{\"id\":1}", "{\"id\":1,\"customer_id\":0}", null),
                "public.orders 1",
                "public.orders?customer_id");
        touches(
                of(ORDERS, 'c', "{\"id\":1}", null, "{\"id\":1,\"customer_id\":8}"),
                "public.orders 1",
                "public.orders?customer_id 8");
    }

    @Test
    void aChangeWithoutValuesTouchesItsRowAndForgetsEveryList() {
        file.setLists("customer_id");

        for (Table table : List.of(ORDERS, SampleTables.full(ORDERS))) {
            for (char operation : new char[] {'c', 'u', 'd'}) {
                touches(of(table, operation, "{\"id\":1}", null, null), "public.orders 1", "public.orders?customer_id");
            }
        }
    }

    @Test
    void aNullBelongsToNoList() {
        file.setLists("customer_id");

        touches(
                of(
                        SampleTables.full(ORDERS),
                        'u',
                        "{\"id\":1}",
                        "{\"id\":1,\"customer_id\":null}",
                        "{\"id\":1,\"customer_id\":7}"),
                "public.orders 1",
                "public.orders?customer_id 7");
    }

    @Test
    void everyListIsForgottenWhereTheEventLacksTheColumn() {
        file.setLists("note");
        Table full = SampleTables.full(ORDERS);

        touches(
                of(full, 'u', "{\"id\":1}", "{\"id\":1,\"note\":\"a\"}", "{\"id\":1}"),
                "public.orders 1",
                "public.orders?note");
        touches(
                of(full, 'u', "{\"id\":1}", "{\"id\":1,\"note\":\"a\"}", "{\"id\":1,\"note\":\"" + GONE + "\"}"),
                "public.orders 1",
                "public.orders?note");
        touches(
                of(full, 'u', "{\"id\":1}", null, "{\"id\":1,\"note\":\"a\"}"),
                "public.orders 1",
                "public.orders?note");
    }

    @Test
    void anUpdateThatLeavesTheServedColumnsAloneTouchesNothingWhereTheEventTells() {
        file.setColumns("customer_id");
        Table full = SampleTables.full(ORDERS);

        touches(of(
                full,
                'u',
                "{\"id\":1}",
                "{\"id\":1,\"customer_id\":7,\"note\":\"a\"}",
                "{\"id\":1,\"customer_id\":7,\"note\":\"b\"}"));
        touches(
                of(full, 'u', "{\"id\":1}", "{\"id\":1,\"customer_id\":7}", "{\"id\":1,\"customer_id\":8}"),
                "public.orders 1");
        touches(
                of(full, 'u', "{\"id\":1}", "{\"id\":1,\"note\":\"a\"}", "{\"id\":1,\"note\":\"b\"}"),
                "public.orders 1");
        touches(of(ORDERS, 'u', "{\"id\":1}", null, "{\"id\":1,\"customer_id\":7}"), "public.orders 1");
    }

    @Test
    void aLargeValueThatTheEventLacksCountsAsChanged() {
        file.setColumns("note");

        touches(
                of(
                        SampleTables.full(ORDERS),
                        'u',
                        "{\"id\":1}",
                        "{\"id\":1,\"customer_id\":1,\"note\":\"large\"}",
                        "{\"id\":1,\"customer_id\":2,\"note\":\"" + GONE + "\"}"),
                "public.orders 1");
    }

    @Test
    void aRuleTouchesTheKeyThatARowOfAnotherTableHolds() {
        file.setDependsOn("items(order_id)");

        touches(
                items(SampleTables.full(ITEMS), 'u', "{\"id\":1,\"order_id\":7}", "{\"id\":1,\"order_id\":8}"),
                "public.orders 8",
                "public.orders 7");
        touches(items(ITEMS, 'c', null, "{\"id\":1,\"order_id\":8}"), "public.orders 8");
        touches(items(ITEMS, 'u', null, "{\"id\":1,\"order_id\":8}"), "public.orders");
        touches(items(ITEMS, 'd', "{\"id\":1,\"order_id\":0}", null), "public.orders");
    }

    @Test
    void aRuleForgetsTheListsBecauseNoEventSaysWhichShowTheRow() {
        file.setDependsOn("items(order_id)");
        file.setLists("customer_id");

        touches(items(ITEMS, 'c', null, "{\"id\":1,\"order_id\":8}"), "public.orders 8", "public.orders?customer_id");
    }

    @Test
    void aRuleWithoutColumnsForgetsEverything() {
        file.setDependsOn("items()");

        touches(items(ITEMS, 'c', null, "{\"id\":1,\"order_id\":8}"), "public.orders");
    }

    @Test
    void anotherKeyThanTheEventsIsReadFromTheRow() {
        Table unique = with(ORDERS, List.of("id"), List.of(List.of("note")));
        file.setKey("note");

        touches(of(unique, 'c', "{\"id\":1}", null, "{\"id\":1,\"note\":\"a\"}"), "public.orders a");
        touches(of(unique, 'u', "{\"id\":1}", null, "{\"id\":1,\"note\":\"a\"}"), "public.orders");
        touches(
                of(
                        SampleTables.full(unique),
                        'u',
                        "{\"id\":1}",
                        "{\"id\":1,\"note\":\"a\"}",
                        "{\"id\":1,\"note\":\"b\"}"),
                "public.orders b",
                "public.orders a");
    }

    @Test
    void anIdentityWithoutThePrimaryKeyMakesTheEventsKeyWorthless() {
        Table other = with(ORDERS, List.of("note"), List.of());

        touches(of(other, 'd', "{\"id\":0}", "{\"id\":0,\"note\":\"a\"}", null), "public.orders");
        touches(of(other, 'c', "{\"id\":1}", null, "{\"id\":1,\"note\":\"a\"}"), "public.orders 1");
    }

    @Test
    void aKeyThatTheLogLacksIsNoKey() {
        Table byNote =
                SampleTables.table("orders", List.of("note"), SampleTables.column("note", "text", "text", 'S', true));

        touches(of(byNote, 'u', "{\"note\":\"" + GONE + "\"}", null, "{\"note\":\"" + GONE + "\"}"), "public.orders");
    }

    @Test
    void aKeyThatCannotBeReadForgetsTheTable() {
        touches(of(ORDERS, 'u', "{\"id\":\"x\"}", null, "{\"id\":\"x\"}"), "public.orders");
    }

    @Test
    void aTableThatCannotBeServedIsForgottenByEveryChange() {
        file.setLists("customer_id");
        TouchedEntries entries = new TouchedEntries(new ServedTables(List.of(), List.of(file), Set.of()));
        entries.add(event("orders", 'c', "{\"id\":1}", null, "{\"id\":1}"));

        touches(entries, "public.orders", "public.orders?customer_id");
    }

    @Test
    void everythingForgetsTheTableAndThoseThatDependOnIt() {
        file.setDependsOn("items(order_id)");
        file.setLists("customer_id");
        TouchedEntries entries = entries(ORDERS, ITEMS);
        entries.add(new ChangeEvent.Everything(TableName.parse("items")));

        touches(entries, "public.orders", "public.orders?customer_id");
    }

    private TouchedEntries entries(Table table, Table... sources) {
        ServedTable served = SampleTables.serve(file, table, sources);
        return new TouchedEntries(new ServedTables(List.of(served), List.of(), Set.of()));
    }

    private TouchedEntries of(Table table, char operation, String key, String before, String after) {
        TouchedEntries entries = entries(table);
        entries.add(event("orders", operation, key, before, after));
        return entries;
    }

    private TouchedEntries items(Table items, char operation, String before, String after) {
        TouchedEntries entries = entries(ORDERS, items);
        entries.add(event("items", operation, "{\"id\":1}", before, after));
        return entries;
    }

    private static Table with(Table table, List<String> identity, List<List<String>> uniqueKeys) {
        List<List<String>> unique = identity.equals(table.primaryKey()) ? uniqueKeys : List.of();
        List<Column> columns = table.columns().stream()
                .map(column ->
                        SampleTables.column(column.name(), column.type(), column.base(), column.category(), true))
                .toList();
        return SampleTables.of(table, columns, unique, identity, false, ColumnList.NONE);
    }

    private static ChangeEvent.Row event(String table, char operation, String key, String before, String after) {
        JsonMapper json = new JsonMapper();
        try {
            return new ChangeEvent.Row(
                    TableName.parse(table),
                    operation,
                    new WritePoint(731, 7310),
                    json.readTree(key),
                    before == null ? MissingNode.getInstance() : json.readTree(before),
                    after == null ? MissingNode.getInstance() : json.readTree(after));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Fences as {@code table key}, what is forgotten as {@code table}. */
    private static void touches(TouchedEntries entries, String... touched) {
        List<String> all = new ArrayList<>(entries.forgotten());
        entries.fences()
                .forEach(
                        fence -> all.add(fence.key().table() + " " + fence.key().key()));
        assertThat(all).containsExactlyInAnyOrder(touched);
    }
}
