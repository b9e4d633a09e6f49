package io.cdccascade.dev;

import io.cdccascade.invalidation.Watermark;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;

/** Prints what is where and what to try next, once reads use the cache, or have not done so for a while after the start. */
public final class Welcome extends SimpleEventNotifierSupport {

    private static final int PATIENCE_SECONDS = 15;

    private final EmbeddedServers servers;
    private final String url;
    private final String prefix;
    private final Path tryNext;

    /**
     * @param servers the servers and where they are
     * @param url     the HTTP server's URL, such as {@code http://localhost:8080}
     * @param prefix  what the change topics' names start with
     * @param tryNext a text that says what to try, in which {@code {api}} and {@code {prefix}} stand for the API's URL
     *                and the topics' prefix; nothing is said when there is no such file
     */
    public Welcome(EmbeddedServers servers, String url, String prefix, String tryNext) {
        this.servers = servers;
        this.url = url;
        this.prefix = prefix;
        this.tryNext = Path.of(tryNext);
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
        return event instanceof CamelEvent.CamelContextStartedEvent;
    }

    @Override
    public void notify(CamelEvent event) {
        Watermark watermark = ((CamelEvent.CamelContextEvent) event)
                .getContext()
                .getRegistry()
                .lookupByNameAndType("watermark", Watermark.class);
        CompletableFuture<Void> ready = watermark == null ? CompletableFuture.completedFuture(null) : watermark.known();
        ready.completeOnTimeout(null, PATIENCE_SECONDS, TimeUnit.SECONDS).thenRun(() -> System.out.println(text()));
    }

    /** What is printed. */
    String text() {
        return """

                CDC Cascade is up. Ctrl-C stops it and the servers it started.

                  API         %1$s/api/v1, described at %1$s/api/v1/openapi.json
                  health      %1$s/observe/health
                  PostgreSQL  %2$s
                  Kafka       %3$s, topics %4$s.<schema>.<table>
                  Redis       %5$s
                  data        %6$s (stop, then delete it to start over)

                """.formatted(
                                url,
                                servers.postgresUrl(),
                                servers.kafkaBootstrapServers(),
                                prefix,
                                servers.redisUrl(),
                                servers.data())
                + next();
    }

    private String next() {
        try {
            return !Files.exists(tryNext)
                    ? ""
                    : Files.readString(tryNext)
                            .replace("{api}", url + "/api/v1")
                            .replace("{prefix}", prefix);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
