package io.cdccascade.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is found in the table files before the catalog is asked. */
class TableFileReaderTest {

    private final CamelContext context = new DefaultCamelContext();
    private final TableFileReader reader = new TableFileReader(context);

    @AfterEach
    void close() throws Exception {
        context.close();
    }

    @Test
    void aFileIsKnownByItsBeanAndItsPlace() throws Exception {
        PluginHelper.getRoutesLoader(context).loadRoutes(ResourceHelper.fromString("orders.camel.yaml", """
                - beans:
                    - name: orders
                      type: io.cdccascade.table.CachedTable
                      properties:
                        table: orders
                """));

        TableFile file = reader.read(Map.of()).get("orders");

        assertThat(file.place()).endsWith("orders.camel.yaml");
        assertThat(file.table().table()).isEqualTo(TableName.parse("orders"));
        assertThat(file.problem()).isNull();
    }

    @Test
    void aFileHasToNameATable() {
        context.getRegistry().bind("empty", new CachedTable());

        assertThat(reader.read(Map.of()).get("empty"))
                .returns("bean empty", TableFile::place)
                .returns("table: is missing; name the table to serve", TableFile::problem);
    }

    @Test
    void aPathBelongsToOneFile() {
        bind("first", "orders");
        bind("second", "orders");

        Map<String, TableFile> files = reader.read(Map.of());

        assertThat(files.get("first").problem()).isNull();
        assertThat(files.get("second").problem())
                .isEqualTo("path: orders is taken by the bean first: give one of them another path");
    }

    @Test
    void aTableThatIsServedKeepsItsPath() {
        ServedTable sinners = SampleTables.sinners();
        context.getRegistry().bind("second", sinners.file());
        bind("first", "sinners");

        Map<String, TableFile> files = reader.read(Map.of("second", sinners));

        assertThat(files.get("second").problem()).isNull();
        assertThat(files.get("first").problem()).contains("taken by the bean second");
    }

    @Test
    void aRouteThatAFileNamesHasToExist() throws Exception {
        CachedTable file = bind("orders", "orders");
        assertThatCode(() -> reader.requireRoutes(file))
                .as("a common route is not the file's concern")
                .doesNotThrowAnyException();

        file.setRead("direct:read-order");
        assertThatThrownBy(() -> reader.requireRoutes(file))
                .isInstanceOf(TableFileException.class)
                .hasMessageStartingWith("read: no route starts from direct:read-order: add one");

        PluginHelper.getRoutesLoader(context).loadRoutes(ResourceHelper.fromString("read-order.camel.yaml", """
                - route:
                    from:
                      uri: direct:read-order
                      steps:
                        - to:
                            uri: log:orders
                """));
        assertThatCode(() -> reader.requireRoutes(file)).doesNotThrowAnyException();
    }

    private CachedTable bind(String bean, String table) {
        CachedTable file = new CachedTable();
        file.setTable(table);
        context.getRegistry().bind(bean, file);
        return file;
    }
}
