package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.Application;
import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.Entries;
import io.cdccascade.cache.Lease;
import io.cdccascade.cache.Lookup;
import io.cdccascade.cache.ReadPoint;
import io.cdccascade.cache.Snapshot;
import io.cdccascade.http.Read;
import io.cdccascade.http.SampleReads;
import java.sql.SQLTransientConnectionException;
import java.util.HashMap;
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

    @BeanInject
    CamelContext context;

    @Produce("direct:read-row")
    ProducerTemplate caller;

    @EndpointInject("mock:postgresql")
    MockEndpoint postgresql;

    @EndpointInject("mock:fill")
    MockEndpoint fill;

    private Lookup lookup = new Lookup.Leased(new Lease(KEY, "lease"));
    private String ifNoneMatch;
    private Object loaded = row(ROW);

    @BeforeEach
    void putTheTestInPlaceOfTheServers() throws Exception {
        AdviceWith.adviceWith(context, "read-row", route -> {
            route.weaveById("look-up").replace().process(exchange -> {
                Read read = exchange.getVariable("read", Read.class);
                SampleReads.found(read, lookup);
                exchange.setVariable("missed", read.isMissed());
            });
            route.weaveById("load")
                    .replace()
                    .to(postgresql)
                    .process(exchange -> exchange.getMessage().setBody(loaded));
            route.weaveById("fill").replace().to(fill);
        });
    }

    @Test
    void aHitAsksNobodyElse() throws Exception {
        lookup = new Lookup.Hit(Entries.of(ROW, READ_POINT, 2_500));
        postgresql.expectedMessageCount(0);
        fill.expectedMessageCount(0);

        Message answer = read();

        assertThat(answer.getBody(String.class)).isEqualTo(ROW);
        assertThat(answer.getHeaders())
                .containsEntry("Cache-Status", "cascade; hit")
                .containsEntry("Age", "2")
                .containsEntry("Cache-Control", "no-cache")
                .containsKey("ETag");
        MockEndpoint.assertIsSatisfied(postgresql, fill);
    }

    @Test
    void anEntryThatIsTooOldIsNotAnswered() throws Exception {
        lookup = new Lookup.Bypass(Lookup.Reason.STALE, Entries.of("{\"code\":0}", READ_POINT, 2_500));
        postgresql.expectedMessageCount(1);

        Message answer = read();

        assertThat(answer.getBody(String.class)).isEqualTo(ROW);
        assertThat(answer.getHeaders())
                .containsEntry("Cache-Status", "cascade; fwd=bypass; detail=stale")
                .doesNotContainKey("Age");
        MockEndpoint.assertIsSatisfied(postgresql);
    }

    @Test
    void aMissIsLoadedAndFilledBeforeItIsAnswered() throws Exception {
        postgresql.expectedMessageCount(1);
        fill.expectedMessageCount(1);

        Message answer = read();

        assertThat(answer.getBody(String.class)).isEqualTo(ROW);
        assertThat(answer.getHeaders())
                .containsEntry(Exchange.HTTP_RESPONSE_CODE, 200)
                .doesNotContainKey("Age");
        MockEndpoint.assertIsSatisfied(postgresql, fill);
    }

    @Test
    void aRedisThatCannotBeReachedIsReadPast() throws Exception {
        lookup = new Lookup.Bypass(Lookup.Reason.UNREACHABLE);
        postgresql.expectedMessageCount(1);

        Message answer = read();

        assertThat(answer.getBody(String.class)).isEqualTo(ROW);
        assertThat(answer.getHeaders()).containsEntry("Cache-Status", "cascade; fwd=bypass; detail=unreachable");
        postgresql.assertIsSatisfied();
    }

    @Test
    void aRowThatDoesNotExistIsAProblemOfTheCallers() {
        loaded = row(null);

        Message answer = read();

        assertThat(answer.getHeaders())
                .containsEntry(Exchange.HTTP_RESPONSE_CODE, 404)
                .containsEntry(Exchange.CONTENT_TYPE, "application/problem+json");
    }

    @Test
    void aRowFromAnotherSourceIsAnsweredAsItIs() {
        loaded = "{\"from\":\"elsewhere\"}";

        Message answer = read();

        assertThat(answer.getBody(String.class)).isEqualTo(loaded);
        assertThat(answer.getHeaders()).containsEntry("Cache-Status", "cascade; fwd=miss; detail=not-stored");
    }

    @Test
    void aCallerThatHoldsTheRowGetsNoBody() {
        lookup = new Lookup.Hit(Entries.of(ROW, READ_POINT, 0));
        ifNoneMatch = "\"other\", " + read().getHeader("ETag", String.class);

        Message answer = read();

        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(304);
        assertThat(answer.getBody()).isNull();
    }

    @Test
    void aDatabaseThatCannotBeReachedIsAProblemOfOurs() {
        postgresql.whenAnyExchangeReceived(exchange -> {
            throw new SQLTransientConnectionException("secret.host:5432 refused");
        });

        Message answer = read();

        assertThat(answer.getHeaders())
                .containsEntry(Exchange.HTTP_RESPONSE_CODE, 503)
                .containsEntry(Exchange.CONTENT_TYPE, "application/problem+json")
                .containsKey("Retry-After");
        assertThat(answer.getBody(String.class)).doesNotContain("secret", "Exception");
    }

    @Test
    void aHeaderThatAStepOfMineSetsIsInTheAnswer() throws Exception {
        AdviceWith.adviceWith(
                context,
                "read-row",
                route -> route.weaveById("answer").before().setHeader("X-Mine", route.constant("yes")));

        assertThat(read().getHeader("X-Mine")).isEqualTo("yes");
    }

    private Message read() {
        return caller.send(exchange -> exchange.setVariable("read", SampleReads.row(ifNoneMatch)))
                .getMessage();
    }

    private static Map<String, Object> row(String row) {
        Map<String, Object> columns = new HashMap<>();
        columns.put("snapshot", READ_POINT.snapshot().toString());
        columns.put("lsn", READ_POINT.lsn());
        columns.put("row", row);
        return columns;
    }
}
