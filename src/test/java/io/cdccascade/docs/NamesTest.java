package io.cdccascade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the documents name exists: settings, files, classes and routes. */
class NamesTest {

    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern SETTING = Pattern.compile("cascade\\.[a-z]+(\\.[a-z-]+)*");
    private static final Pattern VARIABLE = Pattern.compile("\\bCASCADE(_[A-Z]+)+\\b");
    private static final Pattern FILE =
            Pattern.compile("(?<![\\w./=-])((routes|docs|scripts|model|bench|docker|src)/[\\w./-]*\\w)(?![\\w*])");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]+)(#[^)]*)?\\)");
    private static final Pattern CLASS = Pattern.compile("[A-Z][a-z]+([A-Z][a-z]+)+|[A-Z]\\w+(IT|Test)");
    private static final Pattern ROUTE =
            Pattern.compile("(?<=direct:|--id=|cdc-cascade {2}|(?<!-)\\broute `)[a-z]+(-[a-z]+)*(?=[`\\s.])");
    /** The ids of routes, as the files have them, without those of steps. */
    private static final Pattern ID = Pattern.compile("^(?: {4}id| +routeId): ([a-z-]+)$", Pattern.MULTILINE);

    /** Names of this form that are no settings: topics, files and Redis keys. */
    private static final Pattern NO_SETTING = Pattern.compile(
            "cascade\\.(offsets|notifications|public\\..*|workload\\..*|batches|table|pml)|cascade\\.jar");

    /** What the documents tell their readers to make. */
    private static final Set<String> MADE_BY_THE_READER =
            Set.of("routes/tables/orders.camel.yaml", "routes/hello.camel.yaml", "read-order");

    /** Classes of others that are written without their packages. */
    private static final Set<String> CLASSES_OF_OTHERS =
            Set.of("KafkaOffsetBackingStore", "NullPointerException", "AdviceWith");

    static List<Path> documents() {
        return Stream.concat(
                        Examples.documents().stream(),
                        // Their comments, and the variables that they set, are documents, too.
                        Stream.of(".env.example", "Dockerfile", "application.properties", "docker-compose.yml")
                                .map(Path::of))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everySettingThatADocumentNamesExists(Path document) {
        Set<String> settings = settings();
        assertThat(all(SETTING, text(document))
                        .filter(name -> !NO_SETTING.matcher(name).matches()))
                .isSubsetOf(settings);
        assertThat(all(VARIABLE, text(document)))
                .isSubsetOf(settings.stream()
                        .map(key -> key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"))
                        .collect(Collectors.toSet()));
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyFileThatADocumentNamesExists(Path document) {
        assertThat(Stream.concat(
                                all(FILE, text(document)).map(Path::of),
                                LINK.matcher(text(document))
                                        .results()
                                        .map(link -> document.resolveSibling(link.group(1))
                                                .normalize()))
                        .filter(file -> !MADE_BY_THE_READER.contains(file.toString()))
                        // A route file may be named without its ending.
                        .filter(file -> !Files.exists(file) && !Files.exists(Path.of(file + ".camel.yaml"))))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyRouteThatADocumentNamesExists(Path document) {
        assertThat(all(ROUTE, text(document)).filter(id -> !MADE_BY_THE_READER.contains(id)))
                .isSubsetOf(ids());
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyClassThatADocumentNamesExists(Path document) {
        Set<String> classes = classes();
        assertThat(all(CODE, 1, text(document))
                        .filter(code -> CLASS.matcher(code).matches())
                        .filter(name -> !CLASSES_OF_OTHERS.contains(name)))
                .isSubsetOf(classes);
    }

    private static Set<String> settings() {
        Properties settings = new Properties();
        try (InputStream file = Files.newInputStream(Path.of("application.properties"))) {
            settings.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Set<String> names = new TreeSet<>(settings.stringPropertyNames());
        // Those without a default are shown as comments.
        Pattern.compile("^#(cascade\\.[a-z.-]+)=", Pattern.MULTILINE)
                .matcher(text(Path.of("application.properties")))
                .results()
                .forEach(comment -> names.add(comment.group(1)));
        return names;
    }

    private static Set<String> ids() {
        return files("routes", ".yaml").flatMap(file -> all(ID, 1, text(file))).collect(Collectors.toSet());
    }

    private static Set<String> classes() {
        return files("src", ".java")
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static Stream<Path> files(String folder, String end) {
        try (Stream<Path> files = Files.walk(Path.of(folder))) {
            return files.filter(file -> file.toString().endsWith(end)).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> all(Pattern pattern, String text) {
        return all(pattern, 0, text);
    }

    private static Stream<String> all(Pattern pattern, int group, String text) {
        return pattern.matcher(text).results().map(result -> result.group(group));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
