package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.Application;
import io.cdccascade.http.Problem;
import io.cdccascade.http.ProblemException;
import io.cdccascade.http.WriteRequest;
import io.cdccascade.table.Operation;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.SampleTables;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.BeanInject;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.redisson.client.RedisTimeoutException;

/** The write routes: a write is answered when PostgreSQL has it, whatever Redis says. */
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
                    + "file:routes/beans.camel.yaml,file:routes/write.camel.yaml,file:routes/errors.camel.yaml"
        })
class WriteRouteTest {

    private static final String ROW = "{\"code\":14}";

    @BeanInject
    CamelContext context;

    @BeanInject
    ProducerTemplate caller;

    @EndpointInject("mock:redis")
    MockEndpoint redis;

    private Object written = Map.of("row", ROW, "key", "[\"14\"]", "token", "731-4711");

    @BeforeEach
    void putTheTestInPlaceOfTheServers() throws Exception {
        replaceCheck(
                "create-row",
                "check-create",
                new WriteRequest(SampleTables.sinners(), Operation.CREATE, null, Set.of("code"), ROW));
        replaceCheck(
                "update-row",
                "check-update",
                new WriteRequest(
                        SampleTables.sinners(),
                        Operation.UPDATE,
                        new RowKey(List.of("14")),
                        Set.of("name"),
                        "{\"name\":\"a\"}"));
        AdviceWith.adviceWith(
                context,
                "write-row",
                route -> route.weaveById("execute-write")
                        .replace()
                        .process(exchange -> exchange.getMessage().setBody(written)));
        AdviceWith.adviceWith(
                context,
                "fence",
                route -> route.weaveById("fence-entry").replace().to(redis));
    }

    private void replaceCheck(String route, String step, WriteRequest request) throws Exception {
        AdviceWith.adviceWith(
                context,
                route,
                advice -> advice.weaveById(step).replace().process(exchange -> exchange.setVariable("write", request)));
    }

    @Test
    void aNewRowIsAnsweredWithItsTokenAndFenced() throws Exception {
        redis.expectedMessageCount(1);

        Message answer = caller.send("direct:create-row", exchange -> {}).getMessage();

        assertThat(answer.getBody()).isEqualTo(ROW);
        assertThat(answer.getHeaders())
                .containsEntry(Exchange.HTTP_RESPONSE_CODE, 201)
                .containsKey("Cascade-Token")
                .doesNotContainKey("CamelSqlParameters");
        redis.assertIsSatisfied();
    }

    @Test
    void aWriteSucceedsWithoutRedis() {
        redis.whenAnyExchangeReceived(exchange -> {
            throw new RedisTimeoutException("Redis does not answer");
        });

        Message answer = caller.send("direct:update-row", exchange -> {}).getMessage();

        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(200);
        assertThat(answer.getBody()).isEqualTo(ROW);
    }

    @Test
    void aRowThatDoesNotExistIsNotFenced() throws Exception {
        written = null;
        redis.expectedMessageCount(0);

        Message answer = caller.send("direct:update-row", exchange -> {}).getMessage();

        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(404);
        assertThat(answer.getHeader(Exchange.CONTENT_TYPE)).isEqualTo(Problem.MEDIA_TYPE);
        redis.assertIsSatisfied();
    }

    @Test
    void aRequestThatIsNotValidReachesNoServer() throws Exception {
        AdviceWith.adviceWith(
                context,
                "delete-row",
                route -> route.weaveById("check-delete").replace().process(exchange -> {
                    throw new ProblemException(Problem.ofField(400, "code", "must be a number"));
                }));
        redis.expectedMessageCount(0);

        Message answer = caller.send("direct:delete-row", exchange -> {}).getMessage();

        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(400);
        assertThat(answer.getBody(String.class)).contains("\"field\":\"code\"");
        redis.assertIsSatisfied();
    }
}
