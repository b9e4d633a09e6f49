package io.cdccascade.table;

import static io.cdccascade.table.SampleTables.column;
import static io.cdccascade.table.SampleTables.table;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What a request asks of a table that is served. */
class ServedTableTest {

    private static final Table ITEMS = table(
            "items",
            List.of("order_id", "line"),
            column("order_id", "bigint", "int8", 'N', true),
            column("line", "integer", "int4", 'N', true),
            column("product", "text", "text", 'S', false),
            column("price", "integer", "int4", 'N', false));

    private final CachedTable file = new CachedTable();

    ServedTableTest() {
        file.setTable("items");
        file.setLists("order_id, product");
    }

    @Test
    void rowsAndListsHaveNamesInTheCache() {
        ServedTable items = SampleTables.serve(file, ITEMS);

        assertThat(items.name()).isEqualTo("public.items");
        assertThat(items.listName("product")).isEqualTo("public.items?product");
        assertThat(items.names()).containsExactly("public.items", "public.items?order_id", "public.items?product");
        assertThat(ServedTable.names(file)).isEqualTo(items.names());
    }

    @Test
    void anotherPathHasNamesOfItsOwn() {
        file.setPath("parts");

        assertThat(SampleTables.serve(file, ITEMS).names())
                .containsExactly("public.items@parts", "public.items@parts?order_id", "public.items@parts?product");
    }

    @Test
    void aListIsReadByAColumnThatTheFileNames() {
        ServedTable items = SampleTables.serve(file, ITEMS);

        assertThat(items.listColumn("product").name()).isEqualTo("product");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> items.listColumn("price"))
                .withMessage("There are no lists of public.items by price");
        assertThatIllegalArgumentException().isThrownBy(() -> items.listName("price"));
    }

    @Test
    void onlyTheColumnsOfTheFileAndTheKeyAreServed() {
        assertThat(SampleTables.serve(file, ITEMS).partial()).isFalse();
        file.setColumns("price");
        ServedTable items = SampleTables.serve(file, ITEMS);

        assertThat(items.partial()).isTrue();
        assertThat(items.columns()).extracting(Column::name).containsExactly("order_id", "line", "price");
        assertThat(items.column("price")).isPresent();
        assertThat(items.column("product")).isEmpty();
        assertThat(items.keyNames()).isEqualTo("order_id,line");
    }
}
