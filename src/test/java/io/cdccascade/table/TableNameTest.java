package io.cdccascade.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableNameTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            orders                       | public     | orders
            sales.Orders                 | sales      | Orders
            Sales Dept.Order Items       | Sales Dept | Order Items
            sales."a.b"                  | sales      | a.b
            "a.b" . "c ""d"" "           | a.b        | ~c "d" ~
            """)
    void aNameIsReadAsAFileWritesIt(String text, String schema, String name) {
        assertThat(TableName.parse(text)).isEqualTo(new TableName(schema, name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ".", "a.", ".a", "a.b.c", "\"a", "\"a\"b", "\"\"", "a..b"})
    void whatIsNoNameIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> TableName.parse(text));
    }

    @Property
    void whateverANameContainsItsIdReadsAsTheSameName(@ForAll @NotEmpty String schema, @ForAll @NotEmpty String name) {
        TableName table = new TableName(schema, name);

        assertThat(TableName.parse(table.id())).isEqualTo(table);
    }

    @Property
    void noNameEndsItsOwnQuotes(@ForAll @NotEmpty String name) {
        String quoted = TableName.Names.quote(name);
        String inside = quoted.substring(quoted.indexOf('"') + 1, quoted.length() - 1);

        assertThat(inside.replace("\"\"", "")).doesNotContain("\"");
        assertThat(quoted).doesNotContain(":?");
    }

    @Example
    void tablesWhoseNamesLookAlikeAreDifferent() {
        TableName first = new TableName("a.b", "c");
        TableName second = new TableName("a", "b.c");

        assertThat(first.id()).isNotEqualTo(second.id());
        assertThat(first.compareTo(second)).isNotZero();
        assertThat(first.compareTo(new TableName("a.b", "c"))).isZero();
    }

    @Example
    void anExpressionMatchesTheNameAlone() {
        TableName table = new TableName("a.b", "c+(d)$");

        assertThat("a.b.c+(d)$").matches(table.expression());
        assertThat("axb.c+(d)$").doesNotMatch(table.expression());
    }

    @Example
    void aRuleMayNameColumnsThatNeedQuotesOrNone() {
        assertThat(Dependency.parse("items(order_id), \"a(b\".\"c)\"(\"x,y\", z), rates()"))
                .containsExactly(
                        new Dependency(new TableName("public", "items"), List.of("order_id")),
                        new Dependency(new TableName("a(b", "c)"), List.of("x,y", "z")),
                        new Dependency(new TableName("public", "rates"), List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> Dependency.parse("items"));
        assertThatIllegalArgumentException().isThrownBy(() -> Dependency.parse("items(a) b(c)"));
        assertThatIllegalArgumentException().isThrownBy(() -> Dependency.parse("items(a"));
    }
}
