package io.cdccascade.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a table's file may say, and what its author is told otherwise. */
class CachedTableTest {

    private final CachedTable file = new CachedTable();

    @Test
    void aTableAloneIsEnough() {
        file.setTable("sales.orders");

        assertThat(file.path()).isEqualTo("orders");
        assertThat(file.view()).isEqualTo(file.table());
        assertThat(file.ttl(false)).isEqualTo(Duration.ofMinutes(10));
        assertThat(file.ttl(true)).isEqualTo(Duration.ofMinutes(1));
        assertThat(file.route(Operation.READ)).isEqualTo("direct:read-row");
    }

    @Test
    void aTimeIsWrittenWithItsUnit() {
        file.setTtl("1h");
        file.setNegativeTtl("30s");

        assertThat(file.ttl(false)).isEqualTo(Duration.ofHours(1));
        assertThat(file.ttl(true)).isEqualTo(Duration.ofSeconds(30));
    }

    @ParameterizedTest(name = "''{0}''")
    @ValueSource(strings = {"soon", "", "10x", "h", "0s", "-1s"})
    void whatIsNoTimeIsRefusedByTheNameOfItsProperty(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file.setTtl(text))
                .withNoCause()
                .withMessageStartingWith("ttl must be ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file.setNegativeTtl(text))
                .withMessageStartingWith("negativeTtl must be ");
    }

    @Test
    void anOperationIsCarriedOutByARoute() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> file.setList("customer_id"))
                .withMessage("list must be a route's direct: endpoint, but is customer_id");
    }
}
