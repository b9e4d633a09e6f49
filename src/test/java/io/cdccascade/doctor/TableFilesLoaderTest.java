package io.cdccascade.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.table.CachedTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is loaded without starting anything. */
class TableFilesLoaderTest {

    private static final String TABLE = """
            - beans:
                - name: orders
                  type: io.cdccascade.table.CachedTable
                  properties:
                    table: orders
                    %s
            """;

    private static final String ROUTE = """
            - beans:
                - name: server
                  type: no.such.Server
                  initMethod: start
            - route:
                id: mine
                from:
                  uri: direct:mine
                  steps:
                    - to:
                        uri: log:mine
            """;

    @TempDir
    private Path folder;

    @Test
    void tablesAndRoutesAreLoadedAndNoOtherBeanIsMade() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            assertThat(load(context, TABLE.formatted("ttl: 1m"), ROUTE)).isEmpty();

            assertThat(context.getRegistry().findByTypeWithName(CachedTable.class))
                    .containsOnlyKeys("orders");
            assertThat(context.getRouteDefinitions())
                    .singleElement()
                    .satisfies(route ->
                            assertThat(route.getInput().getEndpointUri()).isEqualTo("direct:mine"));
            assertThat(context.getRegistry().lookupByName("server")).isNull();
            assertThat(context.isStarted()).isFalse();
        }
    }

    @Test
    void aFileThatCannotBeLoadedIsNamedWithTheReasonAndTheOthersAreLoaded() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            assertThat(load(context, TABLE.formatted("colour: red"), ROUTE))
                    .hasEntrySatisfying(
                            folder.resolve("orders.camel.yaml").toString(),
                            why -> assertThat(why).contains("colour"));

            assertThat(context.getRouteDefinitions()).hasSize(1);
        }
    }

    private Map<String, String> load(DefaultCamelContext context, String table, String route) throws IOException {
        Files.writeString(folder.resolve("orders.camel.yaml"), table);
        Files.writeString(folder.resolve("mine.camel.yaml"), route);
        context.build();
        return new TableFilesLoader(context)
                .load("file:" + folder + "/orders*.yaml", "file:" + folder + "/*.camel.yaml");
    }
}
