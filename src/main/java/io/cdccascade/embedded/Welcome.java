package io.cdccascade.embedded;

import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;

/** Tells on standard output, once Camel has started, what is where and what to try next. */
public final class Welcome extends SimpleEventNotifierSupport {

    private final EmbeddedServers servers;
    private final String apiUrl;
    private final String healthUrl;
    private final String topic;
    /**
     * @param servers   the servers and where they are
     * @param apiUrl    the URL of the table's resource, such as {@code http://localhost:8080/api/v1/sinners}
     * @param healthUrl the URL of the health check
     * @param topic     the Kafka topic of the table's change events
     */
    public Welcome(EmbeddedServers servers, String apiUrl, String healthUrl, String topic) {
        this.servers = servers;
        this.apiUrl = apiUrl;
        this.healthUrl = healthUrl;
        this.topic = topic;
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
        return event instanceof CamelEvent.CamelContextStartedEvent;
    }

    @Override
    public void notify(CamelEvent event) {
        System.out.println(text());
    }

    /** What is printed. */
    String text() {
        return """

                CDC Cascade is up. Ctrl-C stops it and the servers it started.

                  API         %1$s/read
                  health      %2$s
                  PostgreSQL  %3$s
                  Kafka       %4$s, topic %5$s
                  Redis       %6$s
                  data        %7$s (stop, then delete it to start afresh)

                Try, in another terminal (the second answer comes from the cache, the last one is fresh again):

                  curl -i %1$s/read/14
                  curl -i %1$s/read/14
                  scripts/sql "UPDATE sinners SET tendency = 'Calm' WHERE code = 14"
                  curl -i %1$s/read/14

                Look inside: scripts/topic %5$s    scripts/redis KEYS '*'
                """.formatted(apiUrl, healthUrl, servers.postgresUrl(), servers.kafkaBootstrapServers(), topic,
                servers.redisUrl(), servers.data());
    }
}
