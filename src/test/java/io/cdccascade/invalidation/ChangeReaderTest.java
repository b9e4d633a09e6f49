package io.cdccascade.invalidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.TableName;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeReaderTest {

    private static final byte[] KEY = bytes("{\"code\":14}");

    @Test
    void aChangedRowIsNamedByItsKeyItsTransactionAndItsPlaceInTheLog() throws UnreadableChangeException {
        ChangeEvent.Row row =
                (ChangeEvent.Row) ChangeReader.read(KEY, event("\"txId\":4294967295,\"lsn\":9007199254740992"));

        assertThat(row.table()).isEqualTo(new TableName("public", "sinners"));
        assertThat(row.key().path("code").intValue()).isEqualTo(14);
        assertThat(row.change()).isEqualTo(new WritePoint(4_294_967_295L, 9_007_199_254_740_992L));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"lsn\":7310",
                "\"txId\":null,\"lsn\":7310",
                "\"txId\":-1,\"lsn\":7310",
                "\"txId\":731",
                "\"txId\":731,\"lsn\":null",
                "\"txId\":731,\"lsn\":-1",
                "\"txId\":731,\"lsn\":\"7310\"",
                "\"txId\":731,\"lsn\":7310.5",
                "\"txId\":731,\"lsn\":9007199254740993",
                "\"txId\":731,\"lsn\":99999999999999999999"
            })
    void aChangeWithoutTransactionOrPlaceInTheLogIsUnreadable(String source) {
        assertThatExceptionOfType(UnreadableChangeException.class)
                .isThrownBy(() -> ChangeReader.read(KEY, event(source)))
                .withMessageContaining("source.txId and source.lsn");
    }

    private static byte[] event(String source) {
        return bytes("{\"op\":\"u\",\"source\":{\"schema\":\"public\",\"table\":\"sinners\"," + source + "}}");
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }
}
