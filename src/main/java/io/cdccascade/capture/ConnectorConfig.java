package io.cdccascade.capture;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.support.ResourceHelper;

/**
 * The connector's configuration as Kafka Connect takes it: a JSON object of strings, read from a file in which any
 * value may contain Camel's placeholders.
 *
 * <p>The file is parsed before its values are resolved, so that a password may contain any character. It is
 * read again each time. Connect's own references, {@code ${file:...}}, are left alone.
 */
public final class ConnectorConfig implements CamelContextAware {

    private static final JsonMapper JSON = new JsonMapper();

    private final String resource;
    private CamelContext camelContext;
    private volatile String given;

    /** @param resource where the file is, such as {@code file:routes/connector.json} */
    public ConnectorConfig(String resource) {
        this.resource = resource;
    }

    /**
     * The configuration with every placeholder resolved. It holds the database's password: do not log it.
     *
     * @return JSON text
     * @throws IOException              if the file cannot be read or is not a JSON object of strings
     * @throws IllegalArgumentException if a placeholder has neither a value nor a default
     */
    public String json() throws IOException {
        String json = resolve();
        given = json;
        return json;
    }

    /** Whether the configuration differs from what {@link #json()} returned last, as when a table was added. */
    public boolean isOutdated() throws IOException {
        return given != null && !given.equals(resolve());
    }

    private String resolve() throws IOException {
        Map<String, String> config;
        try (InputStream file = ResourceHelper.resolveMandatoryResourceAsInputStream(camelContext, resource)) {
            config = JSON.readValue(file, new TypeReference<LinkedHashMap<String, String>>() {});
        }
        config.replaceAll((key, value) -> camelContext.resolvePropertyPlaceholders(value));
        return JSON.writeValueAsString(config);
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }
}
