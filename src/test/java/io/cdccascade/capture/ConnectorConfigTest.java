package io.cdccascade.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

/** The connector's configuration, from the shipped file with the shipped settings. */
class ConnectorConfigTest {

    private final CamelContext context = new DefaultCamelContext();
    private final ConnectorConfig config = new ConnectorConfig("file:routes/connector.json");

    ConnectorConfigTest() {
        context.getPropertiesComponent().setLocation("file:application.properties");
        context.getRegistry().bind("tables", new OneTable());
        config.setCamelContext(context);
    }

    /** Stands for the tables that are served. */
    public static final class OneTable {

        public String captured() {
            return "public\\.sinners";
        }
    }

    @Test
    void theShippedSettingsResolveEveryPlaceholder() throws IOException {
        JsonNode json = new ObjectMapper().readTree(config.json());

        assertThat(json.path("database.hostname").asText()).isEqualTo("127.0.0.1");
        assertThat(json.path("slot.name").asText()).isEqualTo("cdc_cascade");
        assertThat(json.path("snapshot.include.collection.list").asText()).isEqualTo("public\\.sinners");
        assertThat(json.path("transforms").asText("absent")).isEmpty();
        assertThat(config.json()).doesNotContain("{{");
    }

    @Test
    void aPasswordMayContainWhateverItLikes() throws IOException {
        String password = "\"},\\ ${env:HOME}";
        context.getPropertiesComponent().addOverrideProperty("cascade.postgres.password", password);

        JsonNode json = new ObjectMapper().readTree(config.json());

        assertThat(json.path("database.password").asText()).isEqualTo(password);
        assertThat(json.path("database.user").asText()).isEqualTo("admin");
    }

    @Test
    void aSettingThatIsMissingIsNamed() {
        context.getPropertiesComponent().setLocation("");

        assertThatThrownBy(config::json)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cascade.");
    }
}
