package io.cdccascade.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cdccascade.Application;
import java.sql.SQLException;
import org.apache.camel.BeanInject;
import org.apache.camel.CamelContext;
import org.apache.camel.EndpointInject;
import org.apache.camel.Exchange;
import org.apache.camel.Produce;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The route that follows the tables: it never ends, whatever the catalog answers. */
@CamelMainTest(
        mainClass = Application.class,
        propertyPlaceholderLocations = "file:application.properties",
        replaceRouteFromWith = "follow-tables=direct:tick",
        properties = {
            "camel.server.enabled=false",
            "camel.management.enabled=false",
            "cascade.api.port=0",
            "cascade.postgres.host=127.0.0.1",
            "cascade.redis.host=127.0.0.1",
            "cascade.kafka.brokers=127.0.0.1:1",
            "camel.main.routes-include-pattern=" + "file:routes/beans.camel.yaml,file:routes/tables.camel.yaml"
        })
class TablesRouteTest {

    @BeanInject
    CamelContext context;

    @Produce("direct:tick")
    ProducerTemplate timer;

    @EndpointInject("mock:tables")
    MockEndpoint tables;

    @BeforeEach
    void putTheTestInPlaceOfTheCatalog() throws Exception {
        AdviceWith.adviceWith(
                context,
                "follow-tables",
                route -> route.weaveById("follow").replace().to(tables));
    }

    @Test
    void everyTickFollowsTheTablesOnce() throws Exception {
        tables.expectedMessageCount(2);

        tick();
        tick();

        tables.assertIsSatisfied();
    }

    @Test
    void aCatalogThatCannotBeReadIsReadAgainAtTheNextTick() throws Exception {
        tables.whenExchangeReceived(1, exchange -> {
            throw new SQLException("PostgreSQL does not answer");
        });
        tables.expectedMessageCount(2);

        assertThat(tick().getException()).isNull();
        tick();

        tables.assertIsSatisfied();
    }

    private Exchange tick() {
        return timer.send(exchange -> {});
    }
}
