package io.cdccascade.cache;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The readers' scripts as a <a href="https://redis.io/docs/latest/develop/programmability/functions-intro/">library of Redis
 * functions</a>. A library is compiled once, and may remember what a script has to ask at every call: which memory it runs
 * in.
 *
 * <p>Its name and those of its functions end with a digest of the text, so that instances of different versions can share
 * a Redis, each with its own library.
 */
final class FunctionLibrary {

    private static final Script[] FUNCTIONS = {
        Script.LOOKUP, Script.FILL, Script.RELEASE, Script.RENEW, Script.INVALIDATE
    };

    private final String code;
    private final Map<Script, String> names = new EnumMap<>(Script.class);

    /** @param common what all functions share; the Camel CLI makes an object of every class that needs no argument */
    FunctionLibrary(String common) {
        String text =
                common + Arrays.stream(FUNCTIONS).map(FunctionLibrary::function).collect(Collectors.joining());
        String version = Script.hex("SHA-256", text).substring(0, 8);
        for (Script script : FUNCTIONS) {
            names.put(script, "cascade_" + name(script) + "_" + version);
        }
        this.code = "#!lua name=cascade_" + version + "\n" + text.replace("@VERSION@", version);
    }

    private static String function(Script script) {
        String flags = Arrays.stream(script.flags().split(","))
                .filter(flag -> !flag.isEmpty())
                .map(flag -> "'" + flag + "'")
                .collect(Collectors.joining(", "));
        return "redis.register_function{function_name = 'cascade_" + name(script) + "_@VERSION@', flags = {" + flags
                + "}, callback = function(KEYS, ARGV)\n" + script.body() + "end}\n";
    }

    private static String name(Script script) {
        return script.name().toLowerCase(Locale.ROOT);
    }

    /** The library's text, as FUNCTION LOAD takes it. */
    String code() {
        return code;
    }

    /** The function's name, as FCALL takes it. */
    String functionOf(Script script) {
        return names.get(script);
    }
}
