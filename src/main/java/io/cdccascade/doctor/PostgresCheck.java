package io.cdccascade.doctor;

import org.springframework.jdbc.core.JdbcTemplate;

/** Looks at one side of a primary. */
interface PostgresCheck {

    /** @param sql a read-only session */
    void examine(JdbcTemplate sql, Findings findings);
}
