package io.cdccascade;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the Camel CLI is told stands twice, because it does not read pom.xml. */
class CamelCliTest {

    private static final Pattern CAMEL_VERSION = Pattern.compile("<camel\\.version>(.+)</camel\\.version>");

    static String[] dependencies() throws IOException {
        Properties settings = new Properties();
        try (InputStream file = Files.newInputStream(Path.of("application.properties"))) {
            settings.load(file);
        }
        return settings.getProperty("camel.jbang.dependencies").split(",");
    }

    @ParameterizedTest
    @MethodSource("dependencies")
    void aDependencyOfTheCliHasTheVersionThatMavenResolves(String dependency) throws IOException {
        String[] gav = dependency.startsWith("camel:")
                ? new String[] {"org.apache.camel", dependency.replace(':', '-'), camelVersion(Path.of("pom.xml"))}
                : dependency.split(":");

        assertThat(Files.readString(Path.of("target/classpath.txt")).replace(File.separatorChar, '/'))
                .contains("%s/%s/%s/%s-%s.jar".formatted(gav[0].replace('.', '/'), gav[1], gav[2], gav[1], gav[2]));
    }

    @Test
    void theCliOfScriptsCamelHasTheVersionOfTheApplication() throws IOException {
        assertThat(camelVersion(Path.of("scripts/cli/pom.xml"))).isEqualTo(camelVersion(Path.of("pom.xml")));
    }

    private static String camelVersion(Path pom) throws IOException {
        Matcher version = CAMEL_VERSION.matcher(Files.readString(pom));
        assertThat(version.find()).isTrue();
        return version.group(1);
    }
}
