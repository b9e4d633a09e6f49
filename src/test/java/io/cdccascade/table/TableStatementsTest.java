package io.cdccascade.table;

import static io.cdccascade.table.SampleTables.column;
import static io.cdccascade.table.SampleTables.table;
import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.table.Statements.Condition;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The SQL of a table is made once. What it does, the tests with a database show. */
class TableStatementsTest {

    private final TableStatements statements = statements();

    private static TableStatements statements() {
        CachedTable file = new CachedTable();
        file.setTable("items");
        file.setLists("order_id");
        return SampleTables.serve(
                        file,
                        table(
                                "items",
                                List.of("id"),
                                column("id", "bigint", "int8", 'N', true),
                                column("order_id", "bigint", "int8", 'N', false),
                                column("price", "integer", "int4", 'N', false)))
                .statements();
    }

    @Test
    void aStatementIsMadeOnce() {
        assertThat(statements.load()).isSameAs(statements.load());
        assertThat(statements.loadAll()).isSameAs(statements.loadAll());
        assertThat(statements.delete(Condition.NONE)).isSameAs(statements.delete(Condition.NONE));
        assertThat(statements.loadList("order_id", 10)).isSameAs(statements.loadList("order_id", 10));
        assertThat(statements.insert(List.of("price"))).isSameAs(statements.insert(List.of("price")));
        assertThat(statements.update(List.of("price"), Condition.NONE))
                .isSameAs(statements.update(List.of("price"), Condition.NONE));
    }

    @Test
    void whatARequestChoosesIsNotMixedUp() {
        assertThat(statements.loadList("order_id", 10)).contains("<= 10").contains("LIMIT 11)");
        assertThat(statements.loadList("order_id", 20)).contains("<= 20").contains("LIMIT 21)");
        assertThat(statements.insert(List.of("price"))).startsWith("INSERT").doesNotContain("order_id\" bigint");
        assertThat(statements.update(List.of("price"), Condition.NONE))
                .contains("UPDATE")
                .contains("SET \"price\"");
        assertThat(statements.update(List.of("order_id"), Condition.NONE)).contains("SET \"order_id\"");
        assertThat(statements.delete(Condition.MATCH))
                .contains("sha256")
                .isNotEqualTo(statements.delete(Condition.NO_MATCH));
    }

    @Test
    void aPageEndsWithItsLength() {
        assertThat(statements.page(false, null, 5))
                .contains("p.key IS NULL", "p.value IS NULL")
                .endsWith(" LIMIT 5");
        assertThat(statements.page(true, null, 6)).contains("(r.\"id\") > (").endsWith(" LIMIT 6");
        assertThat(statements.page(true, "order_id", 7))
                .contains("(r.\"id\") > (", "r.\"order_id\" = ")
                .endsWith(" LIMIT 7");
    }

    @Test
    void moreStatementsThanAreKeptAreStillRight() {
        assertThat(IntStream.range(1, 300))
                .allMatch(rows -> statements.loadList("order_id", rows).contains("LIMIT " + (rows + 1) + ")"));
    }
}
