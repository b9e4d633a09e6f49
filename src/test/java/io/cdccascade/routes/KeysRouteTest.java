package io.cdccascade.routes;

import io.cdccascade.Application;
import org.apache.camel.BeanInject;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.Test;

/** The route of several keys: PostgreSQL is asked only for what Redis lacks. */
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
                    + "file:routes/beans.camel.yaml,file:routes/keys.camel.yaml,file:routes/errors.camel.yaml"
        })
class KeysRouteTest {

    @BeanInject
    CamelContext context;

    @BeanInject
    ProducerTemplate caller;

    private boolean missed;

    private record Steps(MockEndpoint load, MockEndpoint fill, MockEndpoint answer) {}

    @Test
    void aRequestForSeveralRowsIsAnsweredFromRedisWhenItHasAll() throws Exception {
        Steps steps = advise("read-by-keys", "look-up-keys", "load-missing", "fill-missing", "answer-keys");
        steps.load.expectedMessageCount(0);
        steps.fill.expectedMessageCount(0);
        steps.answer.expectedMessageCount(1);

        send("read-by-keys", false);

        MockEndpoint.assertIsSatisfied(steps.load, steps.fill, steps.answer);
    }

    @Test
    void aRequestForSeveralRowsIsLoadedAndStoredWhenRedisLacksIt() throws Exception {
        Steps steps = advise("read-by-keys", "look-up-keys", "load-missing", "fill-missing", "answer-keys");
        steps.load.expectedMessageCount(1);
        steps.fill.expectedMessageCount(1);
        steps.answer.expectedMessageCount(1);

        send("read-by-keys", true);

        MockEndpoint.assertIsSatisfied(steps.load, steps.fill, steps.answer);
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
