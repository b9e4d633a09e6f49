package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.Application;
import io.cdccascade.http.Problem;
import io.cdccascade.http.ProblemException;
import io.cdccascade.http.SampleWrites;
import io.cdccascade.http.Write;
import java.util.Map;
import org.apache.camel.BeanInject;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.component.sql.SqlConstants;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The write routes: a write is checked, executed, fenced and answered, in this order. */
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
    private static final Map<String, Write> WRITES =
            Map.of("create", SampleWrites.create(), "update", SampleWrites.update(), "delete", SampleWrites.delete());

    @BeanInject
    CamelContext context;

    @BeanInject
    ProducerTemplate caller;

    @EndpointInject("mock:postgresql")
    MockEndpoint postgresql;

    private Object written = Map.of("row", ROW, "key", "[\"14\"]", "token", "731-4711");

    private void putTheTestInPlaceOfTheServers(String verb) throws Exception {
        AdviceWith.adviceWith(context, verb + "-row", route -> {
            route.weaveById("check-" + verb)
                    .replace()
                    .process(exchange -> exchange.setVariable("write", WRITES.get(verb)));
            route.weaveById("execute-" + verb)
                    .replace()
                    .to(postgresql)
                    .process(exchange -> exchange.getMessage().setBody(written));
        });
    }

    @ParameterizedTest
    @CsvSource({"create, 201", "update, 200", "delete, 200"})
    void aWriteIsAnsweredWithItsRowAndTokenThoughRedisCannotBeReached(String verb, int status) throws Exception {
        putTheTestInPlaceOfTheServers(verb);

        Message answer = caller.send("direct:" + verb + "-row", exchange -> {}).getMessage();

        assertThat(answer.getBody(String.class)).isEqualTo(ROW);
        assertThat(answer.getHeaders())
                .containsEntry(Exchange.HTTP_RESPONSE_CODE, status)
                .containsEntry("Cascade-Token", "731-4711");
    }

    @ParameterizedTest
    @CsvSource({"update", "delete"})
    void aRowThatDoesNotExistIsAProblemOfTheCallers(String verb) throws Exception {
        putTheTestInPlaceOfTheServers(verb);
        written = null;

        Message answer = caller.send("direct:" + verb + "-row", exchange -> {}).getMessage();

        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(404);
        assertThat(answer.getHeader(Exchange.CONTENT_TYPE)).isEqualTo(Problem.MEDIA_TYPE);
    }

    @Test
    void aRowThatWasStoredAndNotReturnedIsReadAndAnswered() throws Exception {
        AdviceWith.adviceWith(context, "create-row", route -> {
            route.weaveById("check-create")
                    .replace()
                    .process(exchange -> exchange.setVariable("write", WRITES.get("create")));
            route.weaveById("execute-create")
                    .replace()
                    .process(exchange -> exchange.getMessage().setHeader(SqlConstants.SQL_UPDATE_COUNT, 1));
            route.weaveById("read-created")
                    .replace()
                    .to(postgresql)
                    .process(exchange -> exchange.getMessage().setBody(written));
        });
        postgresql.expectedMessageCount(1);

        Message answer = caller.send("direct:create-row", exchange -> {}).getMessage();

        assertThat(answer.getBody(String.class)).isEqualTo(ROW);
        postgresql.assertIsSatisfied();
        assertThat(postgresql.getExchanges().get(0).getMessage().getBody(String.class))
                .contains("JOIN json_to_record(?::json)");
    }

    @Test
    void aRequestThatIsNotValidReachesNoServer() throws Exception {
        putTheTestInPlaceOfTheServers("create");
        AdviceWith.adviceWith(
                context,
                "create-row",
                route -> route.weaveAddFirst().process(exchange -> {
                    throw new ProblemException(Problem.of(422, "code must be a number"));
                }));
        postgresql.expectedMessageCount(0);

        Message answer = caller.send("direct:create-row", exchange -> {}).getMessage();

        assertThat(answer.getHeader(Exchange.HTTP_RESPONSE_CODE)).isEqualTo(422);
        assertThat(answer.getBody(String.class)).contains("code must be a number");
        postgresql.assertIsSatisfied();
    }
}
