package io.cdccascade.cache;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;

/**
 * One of the cache's Lua scripts. Redisson calls it by its digest and loads it again whenever Redis does not know it
 * ({@code useScriptCache}), as after a restart or SCRIPT FLUSH.
 */
final class Script {

    // The first line makes Redis 7 refuse the whole script on a replica, whose memory is not the truth. What frees
    // memory or answers from it must run when memory is full; only a fill may be refused for that.
    static final Script LOOKUP = new Script("lookup", "#!lua flags=allow-oom\n");
    static final Script FILL = new Script("fill", "#!lua\n");
    static final Script RELEASE = new Script("release", "#!lua flags=allow-oom\n");
    static final Script INVALIDATE = new Script("invalidate", "#!lua flags=allow-oom\n");
    static final Script FORGET = new Script("forget", "#!lua flags=allow-oom\n");
    static final Script SHAPES = new Script("shapes", "#!lua flags=no-writes,allow-oom\n");
    static final Script FLOOR = new Script("floor", "#!lua flags=allow-oom\n");

    private final String source;

    private Script(String name, String firstLine) {
        this.source = firstLine + resource("common") + resource(name);
    }

    /** Runs the script where the first key lives. Replies are lists of text. */
    CompletionStage<List<String>> run(RedissonClient redis, List<String> keys, List<String> arguments) {
        return redis.getScript(StringCodec.INSTANCE)
                .evalAsync(
                        keys.get(0),
                        RScript.Mode.READ_WRITE,
                        source,
                        RScript.ReturnType.MULTI,
                        List.copyOf(keys),
                        arguments.toArray());
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
}
