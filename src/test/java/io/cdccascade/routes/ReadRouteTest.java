package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.Application;
import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.Entry;
import io.cdccascade.cache.FillResult;
import io.cdccascade.cache.Lease;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.ReadPoint;
import io.cdccascade.cache.Snapshot;
import io.cdccascade.http.ReadRequest;
import io.cdccascade.table.SampleTables;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.BeanInject;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Produce;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessResourceFailureException;

/** The branches of the read route: who asks PostgreSQL, who fills, and what the caller is told. */
@CamelMainTest(
        mainClass = Application.class,
        propertyPlaceholderLocations = "file:application.properties",
        properties = {
            "camel.server.enabled=false",
            "camel.management.enabled=false",
            "cascade.api.port=0",
            "cascade.postgres.host=127.0.0.1",
            "cascade.redis.host=127.0.0.1",
            "cascade.kafka.brokers=127.0.0.1:1",
            "camel.main.routes-include-pattern="
                    + "file:routes/beans.camel.yaml,file:routes/read.camel.yaml,file:routes/errors.camel.yaml"
        })
class ReadRouteTest {

    private static final CacheKey KEY = new CacheKey("public.sinners", "14");
    private static final ReadPoint READ_POINT = new ReadPoint(Snapshot.parse("731:731:"), 7_310);
    private static final String ROW = "{\"code\":14}";
    private static final Lookup LEASED = new Lookup.Leased(new Lease(KEY, "lease"));

    @BeanInject
    CamelContext context;

    @Produce("direct:read-row")
    ProducerTemplate caller;

    @EndpointInject("mock:postgresql")
    MockEndpoint postgresql;

    @EndpointInject("mock:redis")
    MockEndpoint redis;

    private String ifNoneMatch;
    private Lookup lookup = LEASED;
    private String row = ROW;

    @BeforeEach
    void putTheTestInPlaceOfTheServers() throws Exception {
        AdviceWith.adviceWith(
                context,
                "read-row",
                route -> route.weaveById("check-read")
                        .replace()
                        .process(exchange -> exchange.setVariable(
                                "request",
                                new ReadRequest(
                                        SampleTables.sinners(),
                                        KEY,
                                        "SELECT",
                                        List.of("[\"14\"]"),
                                        null,
                                        ifNoneMatch))));
        AdviceWith.adviceWith(
                context,
                "look-up",
                route -> route.weaveById("look-up-entry").replace().process(exchange -> {
                    if (lookup == null) {
                        throw new IllegalStateException("Redis does not answer");
                    }
                    exchange.setVariable("lookup", lookup);
                }));
        AdviceWith.adviceWith(
                context,
                "load-row",
                route -> route.weaveById("select-row").replace().to(postgresql).process(exchange -> {
                    Map<String, Object> loaded = new HashMap<>();
                    loaded.put("snapshot", READ_POINT.snapshot().toString());
                    loaded.put("lsn", READ_POINT.lsn());
                    loaded.put("row", row);
                    exchange.getMessage().setBody(loaded);
                }));
        AdviceWith.adviceWith(
                context,
                "fill",
                route -> route.weaveById("fill-entry")
                        .replace()
                        .to(redis)
                        .process(exchange -> exchange.setVariable("filled", FillResult.STORED)));
    }

    @Test
    void aHitAsksNobodyElse() throws Exception {
        lookup = new Lookup.Hit(new Entry(ROW, READ_POINT, 2_500));
        postgresql.expectedMessageCount(0);

        Message answer = read();

        assertThat(answer.getBody()).isEqualTo(ROW);
        assertThat(answer.getHeaders())
                .containsEntry("Cache-Status", "cascade; hit")
                .containsEntry("Age", "2")
                .containsEntry("Cache-Control", "no-cache")
                .containsKey("ETag");
        postgresql.assertIsSatisfied();
    }

    @Test
    void aMissWithTheLeaseLoadsAndFills() throws Exception {
        postgresql.expectedMessageCount(1);
        redis.expectedMessageCount(1);

        Message answer = read();

        assertThat(answer.getBody()).isEqualTo(ROW);
        assertThat(answer.getHeaders())
                .containsEntry("Cache-Status", "cascade; fwd=miss; stored")
                .doesNotContainKey("Age");
        MockEndpoint.assertIsSatisfied(postgresql, redis);
    }

    @Test
    void aReaderWithoutTheLeaseLoadsAndLeavesTheCacheAlone() throws Exception {
        lookup = new Lookup.Bypass(Lookup.Reason.BUSY);
        postgresql.expectedMessageCount(1);
        redis.expectedMessageCount(0);

        Message answer = read();

        assertThat(answer.getHeaders()).containsEntry("Cache-Status", "cascade; fwd=bypass; detail=busy");
        MockEndpoint.assertIsSatisfied(postgresql, redis);
    }

    @Test
    void aRedisThatFailsIsBypassed() throws Exception {
        lookup = null;
        postgresql.expectedMessageCount(1);
        redis.expectedMessageCount(0);

        Message answer = read();

        assertThat(answer.getBody()).isEqualTo(ROW);
        assertThat(answer.getHeaders()).containsEntry("Cache-Status", "cascade; fwd=bypass; detail=away");
        MockEndpoint.assertIsSatisfied(postgresql, redis);
    }

    @Test
    void anAbsentRowIsStoredToo() throws Exception {
        row = null;
        redis.expectedMessageCount(1);

        Message answer = read();

        assertThat(answer.getHeaders())
                .containsEntry(Exchange.HTTP_RESPONSE_CODE, 404)
                .containsEntry(Exchange.CONTENT_TYPE, "application/problem+json")
                .containsEntry("Cache-Status", "cascade; fwd=miss; stored");
        redis.assertIsSatisfied();
    }

    @Test
    void aCallerThatHoldsTheRowGetsNoBody() {
        lookup = new Lookup.Hit(new Entry(ROW, READ_POINT, 0));
        ifNoneMatch = "\"other\", " + read().getHeader("ETag", String.class);

        Message answer = read();

        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(304);
        assertThat(answer.getBody()).isNull();
    }

    @Test
    void aDatabaseThatIsAwayIsAProblemOfOurs() {
        postgresql.whenAnyExchangeReceived(exchange -> {
            throw new DataAccessResourceFailureException("secret.host:5432 refused");
        });

        Message answer = read();

        assertThat(answer.getHeaders())
                .containsEntry(Exchange.HTTP_RESPONSE_CODE, 503)
                .containsEntry(Exchange.CONTENT_TYPE, "application/problem+json")
                .containsKey("Retry-After");
        assertThat(answer.getBody(String.class)).doesNotContain("secret", "Exception");
    }

    private Message read() {
        return caller.send(exchange -> {}).getMessage();
    }
}
