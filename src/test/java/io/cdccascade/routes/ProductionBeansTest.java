package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the production image loads: the routes without what stands between the marks in the beans' file. */
class ProductionBeansTest {

    private static final Path BEANS = Path.of("routes/beans.camel.yaml");

    @Test
    void nothingBesideTheMarkedBeansNeedsTheEmbeddedServers() throws IOException {
        Matcher sed = Pattern.compile("sed -i '/(.+)/,/(.+)/d' routes/beans.camel.yaml")
                .matcher(Files.readString(Path.of("Dockerfile")));
        assertThat(sed.find()).isTrue();
        String marked = ".*" + sed.group(1) + "(?s:.*?)" + sed.group(2) + ".*\n";

        String beans = Files.readString(BEANS);
        String left = beans.replaceFirst(marked, "");

        assertThat(beans).contains("io.cdccascade.dev");
        assertThat(left).doesNotContain("io.cdccascade.dev").contains("io.cdccascade.Wiring");
        try (Stream<Path> routes = Files.walk(BEANS.getParent())) {
            assertThat(routes.filter(file -> Files.isRegularFile(file) && !file.equals(BEANS)))
                    .allSatisfy(file -> assertThat(Files.readString(file)).doesNotContain("io.cdccascade.dev"));
        }
    }
}
