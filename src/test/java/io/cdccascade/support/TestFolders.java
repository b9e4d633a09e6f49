package io.cdccascade.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.util.FileUtil;

/** Folders for the servers of tests and benchmarks, which may be restarted in them until the JVM ends. */
public final class TestFolders {

    private TestFolders() {}

    /** Makes an empty folder that is deleted, with all that is in it then, when this JVM ends. */
    public static Path create() throws IOException {
        Path folder = Files.createTempDirectory("cdc-cascade-");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> FileUtil.removeDir(folder.toFile())));
        return folder;
    }
}
