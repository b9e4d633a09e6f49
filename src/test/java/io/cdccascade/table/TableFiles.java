package io.cdccascade.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cdccascade.support.CascadeSystem;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/** The table files of a running system: put there and taken away as the text that a user would write. */
public final class TableFiles {

    /** How long tests wait on a busy machine before they give up. */
    public static final Duration PATIENCE = Duration.ofMinutes(2);

    private final CascadeSystem system;

    public TableFiles(CascadeSystem system) {
        this.system = system;
    }

    /** Puts a file {@code <bean>.camel.yaml} there, or edits it; its properties as name, value, name, value, … */
    public void put(String bean, String... properties) {
        StringBuilder yaml = new StringBuilder(
                "- beans:\n    - name: " + bean + "\n      type: io.cdccascade.table.CachedTable\n      properties:\n");
        for (int i = 0; i < properties.length; i += 2) {
            yaml.append("        ")
                    .append(properties[i])
                    .append(": '")
                    .append(properties[i + 1].replace("'", "''"))
                    .append("'\n");
        }
        CamelContext context = system.context();
        Resource resource = ResourceHelper.fromString(bean + ".camel.yaml", yaml.toString());
        remove(bean);
        try {
            PluginHelper.getRoutesLoader(context).loadRoutes(resource);
        } catch (Exception e) {
            throw new IllegalArgumentException(yaml.toString(), e);
        }
    }

    /** Takes a file away. */
    public void remove(String bean) {
        system.context().getRegistry().unbind(bean);
    }

    /** Waits until tables are served. */
    public void awaitServed(String... paths) {
        for (String path : paths) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(system.get("/" + encode(path) + "/read?limit=1"))
                            .satisfies(answer -> assertThat(answer.statusCode())
                                    .as(path + ": " + answer.body())
                                    .isEqualTo(200)));
        }
    }

    /** What health says with its data, such as the hints of the files; without JSON's escapes. */
    String health() {
        return system.request("GET", "/observe/health?data=true", null)
                .body()
                .replace("\\/", "/")
                .replace("\\\"", "\"");
    }

    /** A text as a segment of a path or a value of a query has it. */
    public static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
