package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.Application;
import org.apache.camel.BeanInject;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.Test;

/** The routes of lists and pages: what asks PostgreSQL, and what is stored. */
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
                    + "file:routes/beans.camel.yaml,file:routes/list.camel.yaml,file:routes/errors.camel.yaml"
        })
class ListRouteTest {

    @BeanInject
    CamelContext context;

    @BeanInject
    ProducerTemplate caller;

    private boolean missed;

    private record Steps(MockEndpoint load, MockEndpoint fill, MockEndpoint answer) {}

    @Test
    void aListIsAnsweredFromRedisWhenItHasAll() throws Exception {
        Steps steps = advise("read-list", "look-up-list", "load-list", "fill-list", "answer-list");
        steps.load.expectedMessageCount(0);
        steps.fill.expectedMessageCount(0);
        steps.answer.expectedMessageCount(1);

        send("read-list", false);

        MockEndpoint.assertIsSatisfied(steps.load, steps.fill, steps.answer);
    }

    @Test
    void aListIsLoadedAndStoredWhenRedisLacksIt() throws Exception {
        Steps steps = advise("read-list", "look-up-list", "load-list", "fill-list", "answer-list");
        steps.load.expectedMessageCount(1);
        steps.fill.expectedMessageCount(1);
        steps.answer.expectedMessageCount(1);

        send("read-list", true);

        MockEndpoint.assertIsSatisfied(steps.load, steps.fill, steps.answer);
    }

    @Test
    void aPageOfAllRowsIsAlwaysReadFromPostgresql() throws Exception {
        MockEndpoint load = context.getEndpoint("mock:load-page", MockEndpoint.class);
        AdviceWith.adviceWith(context, "read-page", route -> {
            route.weaveById("load-page").replace().to(load);
            route.weaveById("answer-page").replace().setBody(route.constant("[]"));
        });
        load.expectedMessageCount(1);

        assertThat(caller.requestBody("direct:read-page", null, String.class)).isEqualTo("[]");
        load.assertIsSatisfied();
    }

    private Steps advise(String id, String lookup, String load, String fill, String answer) throws Exception {
        Steps steps = new Steps(mock(load), mock(fill), mock(answer));
        AdviceWith.adviceWith(context, id, route -> {
            route.weaveById(lookup).replace().process(exchange -> exchange.setVariable("missed", missed));
            route.weaveById(load).replace().to(steps.load);
            route.weaveById(fill).replace().to(steps.fill);
            route.weaveById(answer).replace().to(steps.answer);
        });
        return steps;
    }

    private MockEndpoint mock(String name) {
        return context.getEndpoint("mock:" + name, MockEndpoint.class);
    }

    private void send(String route, boolean redisLacksIt) {
        missed = redisLacksIt;
        caller.send("direct:" + route, exchange -> {});
    }
}
