package io.cdccascade.dev;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WelcomeTest {

    @Test
    void tellsWhereEverythingIsAndWhatToTry() {
        var text = text("embedded", "embedded", "embedded");

        assertThat(text)
                .contains("postgresql://admin:adminpw@localhost:15432/cdc-cascade-db")
                .contains("redis://:rootpw@localhost:16379")
                .contains("localhost:19092, topics cascade.<schema>.<table>")
                .contains("curl -i http://localhost:8080/api/v1/sinners/read/14")
                .contains("http://localhost:8080/observe/health");
    }

    @Test
    void keepsThePasswordsOfServersThatAreNotOursToItself() {
        var text = text("db.example.org", "redis.example.org", "kafka-1.example.org:9092,kafka-2.example.org:9092");

        assertThat(text)
                .contains("postgresql://db.example.org:15432/cdc-cascade-db")
                .contains("redis://redis.example.org:16379")
                .contains("kafka-1.example.org:9092,kafka-2.example.org:9092, topics")
                .doesNotContain("adminpw", "rootpw");
    }

    private static String text(String postgres, String redis, String kafka) {
        var servers = new EmbeddedServers(
                "data",
                postgres,
                15432,
                "cdc-cascade-db",
                "admin",
                "adminpw",
                "scripts/init.sql",
                redis,
                16379,
                "rootpw",
                kafka,
                19092);
        return new Welcome(servers, "http://localhost:8080", "cascade", "scripts/try-next.txt").text();
    }
}
