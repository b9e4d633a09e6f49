package io.cdccascade.http;

import static io.cdccascade.table.SampleTables.column;
import static io.cdccascade.table.SampleTables.serve;
import static io.cdccascade.table.SampleTables.table;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cdccascade.http.Problem.FieldError;
import io.cdccascade.table.CachedTable;
import io.cdccascade.table.Column;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which fields a table takes, before PostgreSQL is asked. */
class RowSchemaTest {

    private final RowSchema schema = schema(
            column("id", "bigint", "int8", 'N', true),
            column("price", "numeric", "numeric", 'N', false),
            column("paid", "boolean", "bool", 'B', false),
            column("name", "text", "text", 'S', false),
            column("day", "date", "date", 'D', false),
            column("tags", "text[]", "_text", 'A', false),
            column("fee", "money", "money", 'N', false),
            column("extra", "jsonb", "jsonb", 'U', true),
            new Column("total", "integer", "int4", "integer", 'N', -1, true, false, true, true, "total"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'id': 1, 'price': 1.50, 'paid': true, 'name': 'x', 'day': '-infinity', 'tags': ['a', null]}",
                "{'price': null, 'paid': null, 'name': null, 'day': null, 'tags': null, 'fee': null}",
                "{'price': 'NaN'}",
                "{'id': '9007199254740993', 'price': '-1.50'}",
                "{'price': '-Infinity'}",
                "{'fee': '$1.00'}",
                "{'fee': 1}",
                "{'extra': {'a': [1]}}",
                "{'extra': 1}"
            })
    void takesWhatPostgreSqlMayStore(String fields) {
        assertThat(check(fields)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "{'id': 'one'}       | id    | must be a number",
                "{'id': 'NaN'}       | id    | must be a number",
                "{'id': '1.5'}       | id    | must be a number",
                "{'price': 'many'}   | price | must be a number",
                "{'paid': 'yes'}     | paid  | must be true or false",
                "{'name': 7}         | name  | must be a string",
                "{'day': 20200101}   | day   | must be a string",
                "{'tags': 'a'}       | tags  | must be an array",
                "{'id': null}        | id    | must not be null",
                "{'extra': null}     | extra | must not be null",
                "{'total': 3}        | total | is computed by the database and cannot be given",
                "{'#note': 'x'}      | #note | is not a field of things",
                "{'colour': 'red'}   | colour | is not a field of things"
            })
    void saysWhatIsWrongWithAField(String fields, String field, String detail) {
        assertThat(check(fields)).containsExactly(new FieldError(field, detail));
    }

    @Test
    void namesEveryFieldThatIsWrong() {
        assertThat(check("{'id': true, 'name': 1, 'colour': 2, 'day': '2020-01-01'}"))
                .extracting(FieldError::field)
                .containsExactlyInAnyOrder("id", "name", "colour");
    }

    private List<FieldError> check(String fields) {
        try {
            return schema.check(new JsonMapper().readTree(fields.replace('\'', '"')));
        } catch (Exception e) {
            throw new IllegalArgumentException(fields, e);
        }
    }

    private static RowSchema schema(Column... columns) {
        CachedTable file = new CachedTable();
        file.setTable("things");
        return new RowSchema(serve(file, table("things", List.of("id"), columns)));
    }
}
