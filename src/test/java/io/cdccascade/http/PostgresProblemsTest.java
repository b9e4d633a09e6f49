package io.cdccascade.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What an error of PostgreSQL means, as far as it can be told without asking PostgreSQL. */
class PostgresProblemsTest {

    private final PostgresProblems problems = new PostgresProblems(new PGSimpleDataSource(), false);

    @Test
    void anExceptionRaisedByAFunctionInAnyLanguageIsTheCallersFault() {
        Problem problem = explain("CP0001", "Mno", "WPL/Python function \"picky\"");

        assertThat(problem.status()).isEqualTo(422);
        assertThat(problem.detail()).isEqualTo("A trigger of sinners refuses this");
    }

    @Test
    void anErrorThatAFunctionMakesByMistakeIsNot() {
        assertThat(explain("CXX000", "Mno", "WPL/pgSQL function picky() line 2 at assignment")
                        .status())
                .isEqualTo(500);
    }

    private Problem explain(String... fields) {
        String message = String.join("\0", fields) + "\0\0";
        return problems.explain(new PSQLException(new ServerErrorMessage(message)), SampleWrites.create());
    }
}
