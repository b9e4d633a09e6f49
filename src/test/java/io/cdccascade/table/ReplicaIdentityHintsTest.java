package io.cdccascade.table;

import static io.cdccascade.table.SampleTables.column;
import static io.cdccascade.table.SampleTables.full;
import static io.cdccascade.table.SampleTables.table;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Which rules need old values that change events do not carry. */
class ReplicaIdentityHintsTest {

    private static final Table ORDERS = table(
            "orders",
            List.of("id"),
            column("id", "bigint", "int8", 'N', true),
            column("customer_id", "bigint", "int8", 'N', false));
    private static final Table ITEMS = table(
            "items",
            List.of("line"),
            column("line", "integer", "int4", 'N', true),
            column("order_id", "bigint", "int8", 'N', false));

    private final CachedTable file = new CachedTable();

    ReplicaIdentityHintsTest() {
        file.setTable("orders");
        file.setLists("customer_id");
        file.setDependsOn("items(order_id)");
    }

    @Test
    void theStatementThatShowsTheOldValuesIsNamed() {
        assertThat(ReplicaIdentityHints.of(SampleTables.serve(file, ORDERS, ITEMS)))
                .satisfiesExactly(
                        hint -> assertThat(hint)
                                .startsWith("lists by customer_id needs ALTER TABLE \"public\".\"orders\" REPLICA "
                                        + "IDENTITY FULL"),
                        hint -> assertThat(hint)
                                .startsWith("dependsOn public.items(order_id) needs ALTER TABLE "
                                        + "\"public\".\"items\" REPLICA IDENTITY FULL"));
    }

    @Test
    void thereIsNothingToSayWhereEventsCarryThem() {
        assertThat(ReplicaIdentityHints.of(SampleTables.serve(file, full(ORDERS), full(ITEMS))))
                .isEmpty();
    }
}
