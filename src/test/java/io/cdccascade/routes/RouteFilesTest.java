package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.NamedNode;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.dsl.yaml.YamlRoutesBuilderLoader;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/** What editors, Kaoto above all, can rely on in the files under {@code routes/}. */
class RouteFilesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonSchema SCHEMA = schema();
    private static final Set<String> KINDS = Set.of("route", "routeTemplate", "routeConfiguration");

    private final DefaultCamelContext context = new DefaultCamelContext();

    @BeforeEach
    void withTheShippedSettings() {
        context.getPropertiesComponent().setLocation("file:application.properties");
    }

    static List<Path> routeFiles() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("routeFiles")
    void everyFileFollowsTheSchemaOfTheYamlDsl(Path file) {
        assertThat(SCHEMA.validate(tree(text(file)))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("routeFiles")
    void everyRouteHasAnIdAndSaysWhatItDoesAndWhy(Path file) {
        assertThat(file.toString()).endsWith(".camel.yaml");
        for (JsonNode item : tree(text(file))) {
            item.properties().stream()
                    .filter(entry -> KINDS.contains(entry.getKey()))
                    .forEach(entry -> {
                        JsonNode route = entry.getValue();
                        assertThat(route.path("id").asText()).matches("[a-z]+(-[a-z]+)*");
                        assertThat(route.path("description").asText())
                                .as("description of %s", route.path("id"))
                                .isNotBlank();
                        if (!entry.getKey().equals("routeConfiguration")) {
                            // A route configuration may not have one.
                            assertThat(route.path("note").asText())
                                    .as("note of %s", route.path("id"))
                                    .isNotBlank();
                        }
                    });
        }
    }

    @Test
    void noTwoRoutesHaveTheSameId() throws IOException {
        List<String> ids = new ArrayList<>();
        for (Path file : routeFiles()) {
            for (JsonNode item : tree(text(file))) {
                KINDS.stream()
                        .filter(item::has)
                        .forEach(kind -> ids.add(item.path(kind).path("id").asText()));
                ids.addAll(item.path("rest").findValuesAsText("routeId"));
            }
        }
        assertThat(ids).contains("capture", "get-row").doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("routeFiles")
    void nothingIsLostWhenAnEditorPrintsTheFileAnew(Path file) throws Exception {
        String printed = new Dump(DumpSettings.builder()
                        .setDefaultFlowStyle(FlowStyle.BLOCK)
                        .build())
                .dumpToString(yaml(text(file)));

        assertThat(tree(printed)).isEqualTo(tree(text(file)));
        assertThat(model(printed)).isEqualTo(model(text(file)));
    }

    /** What Camel makes of routes and REST definitions; of beans it would make them, so that they are left out. */
    private List<String> model(String yaml) throws Exception {
        List<String> dumps = new ArrayList<>();
        if (!yaml.contains("- beans:")) {
            try (YamlRoutesBuilderLoader loader = new YamlRoutesBuilderLoader()) {
                loader.setCamelContext(context);
                loader.start();
                RouteConfigurationBuilder builder = (RouteConfigurationBuilder)
                        loader.loadRoutesBuilder(ResourceHelper.fromString("any.camel.yaml", yaml));
                builder.setCamelContext(context);
                builder.configure();
                builder.configuration();
                List<NamedNode> definitions =
                        new ArrayList<>(builder.getRouteCollection().getRoutes());
                definitions.addAll(builder.getRestCollection().getRests());
                definitions.addAll(builder.getRouteTemplateCollection().getRouteTemplates());
                definitions.addAll(builder.getRouteConfigurationCollection().getRouteConfigurations());
                for (NamedNode definition : definitions) {
                    dumps.add(PluginHelper.getModelToXMLDumper(context).dumpModelAsXml(context, definition));
                }
            }
            assertThat(dumps).isNotEmpty();
        }
        return dumps;
    }

    private static Object yaml(String text) {
        return new Load(LoadSettings.builder().build()).loadFromString(text);
    }

    private static JsonNode tree(String yaml) {
        return JSON.valueToTree(yaml(yaml));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonSchema schema() {
        try (InputStream schema = YamlRoutesBuilderLoader.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
            return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V4).getSchema(schema);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
