package io.cdccascade.reload;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.apache.camel.Route;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which files count, and when, however an editor writes them. */
class RouteFilesTest {

    @TempDir
    Path folder;

    private LiveFolder live;

    @BeforeEach
    void startWithAFile() throws Exception {
        live = new LiveFolder(folder);
        live.write("hello", RouteYaml.HELLO);
        live.start(true);
    }

    @AfterEach
    void stop() {
        live.stop();
    }

    @Test
    void anExcludedFileIsIgnored() throws Exception {
        live.write("left-out", RouteYaml.route("hello", "left out"));
        live.write("more", RouteYaml.route("more", "more"));

        live.awaitAnswer("more", "more");
        assertThat(live.ask("hello")).isEqualTo("hello");
        assertThat(live.rejected()).isEmpty();
    }

    @Test
    void temporaryAndBackupFilesOfEditorsAreIgnored() throws Exception {
        Path temporary = folder.resolve("hello.camel.yaml.tmp");
        Files.writeString(temporary, RouteYaml.route("hello", "renamed"));
        Files.move(temporary, folder.resolve("hello.camel.yaml"), StandardCopyOption.REPLACE_EXISTING);
        live.awaitAnswer("hello", "renamed");

        live.write(".#hello", RouteYaml.route("hello", "swap"));
        Files.writeString(folder.resolve("hello.camel.yaml~"), RouteYaml.route("hello", "backup"));
        Files.writeString(folder.resolve("#hello.camel.yaml#"), "not: [yaml");
        Files.writeString(folder.resolve(".hello.camel.yaml.swp"), "\0\0\0");
        live.awaitMoreScans();
        assertThat(live.ask("hello")).isEqualTo("renamed");
        assertThat(live.rejected()).isEmpty();
    }

    @Test
    void anEmptyFileIsTakenForOneBeingWritten() throws Exception {
        Route hello = live.context().getRoute("hello");

        live.write("hello", "");
        live.awaitMoreScans();

        assertThat(live.context().getRoute("hello")).isSameAs(hello);
        assertThat(live.rejected()).isEmpty();
        live.write("hello", RouteYaml.route("hello", "written"));
        live.awaitAnswer("hello", "written");
    }

    @Test
    void theLastOfManyQuickEditsRuns() throws Exception {
        for (int i = 1; i <= 50; i++) {
            live.write("hello", RouteYaml.route("hello", "edit " + i));
            Thread.yield();
        }

        live.awaitAnswer("hello", "edit 50");
        live.awaitMoreScans();
        assertThat(live.ask("hello")).isEqualTo("edit 50");
    }
}
