package io.cdccascade.embedded;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

/** Unpacks PostgreSQL's executables, which come from Maven Central as one archive per platform. */
final class PostgresBinaries {

    private final Path cache;
    private Path home;

    /** @param cache the folder under which every version is unpacked once; it is created if it is missing */
    PostgresBinaries(Path cache) {
        this.cache = cache;
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
        byte[] archive;
        try (var resource = DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system(), machine())) {
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

    private static String system() {
        var name = System.getProperty("os.name");
        return name.startsWith("Windows") ? "Windows" : name.startsWith("Mac") ? "Darwin" : "Linux";
    }

    private static String machine() {
        var arch = System.getProperty("os.arch");
        return "amd64".equals(arch) ? "x86_64" : arch;
    }
}
