package io.cdccascade.cache;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * One of the cache's Lua files, {@code <name>.lua} beside this class, after what they share, {@code common.lua}. Readers
 * call it as a function of {@link FunctionLibrary} where Redis allows that; invalidations, and readers elsewhere, call it
 * as a script, by its digest.
 */
enum Script {
    // What frees memory or answers from it must run when memory is full; only a fill may be refused for that.
    LOOKUP("allow-oom"),
    FILL(""),
    RELEASE("allow-oom"),
    RENEW("allow-oom"),
    INVALIDATE("allow-oom"),
    FORGET("allow-oom"),
    FINGERPRINTS("no-writes,allow-oom"),
    FLOOR("allow-oom");

    /** What all scripts share. */
    static final String COMMON = resource("common");

    private final String flags;
    private final String body;
    private final String source;
    private final String digest;

    Script(String flags) {
        this.flags = flags;
        this.body = resource(name().toLowerCase(Locale.ROOT));
        // The first line makes Redis 7 refuse the whole script on a replica, whose memory is not the truth.
        this.source = "#!lua" + (flags.isEmpty() ? "" : " flags=" + flags) + "\n" + resource("common") + body;
        this.digest = hex("SHA-1", source);
    }

    /** The script's flags, as {@code redis.register_function} takes them: a comma-separated list, or nothing. */
    String flags() {
        return flags;
    }

    /** The text without what all scripts share. */
    String body() {
        return body;
    }

    /** The whole script, as EVAL takes it. */
    String source() {
        return source;
    }

    /** The script's name for EVALSHA. */
    String digest() {
        return digest;
    }

    /** The text of a Lua file of this package; the thread's context class loader knows where those are. */
    static String resource(String name) {
        String path = Script.class.getPackageName().replace('.', '/') + '/' + name + ".lua";
        try (InputStream file = Thread.currentThread().getContextClassLoader().getResourceAsStream(path)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The digest of a text in hexadecimal digits. */
    static String hex(String algorithm, String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance(algorithm).digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
