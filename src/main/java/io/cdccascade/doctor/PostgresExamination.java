package io.cdccascade.doctor;

import io.cdccascade.capture.SupportedServer;
import io.cdccascade.table.TableCheck;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * PostgreSQL, in one read-only session whose statements and locks have a time limit. A statement that would change
 * something fails there.
 */
final class PostgresExamination implements Examination {

    /** What makes a session unable to change anything or to hold anybody up. */
    private static final String HARMLESS = "SET default_transaction_read_only = on; SET statement_timeout = 5000; "
            + "SET lock_timeout = 200; SET idle_in_transaction_session_timeout = 10000";

    private final DoctorSettings settings;
    private final DataSource connections;
    private final TableCheck tables;
    private final ClockCheck clocks;

    PostgresExamination(DoctorSettings settings, DataSource connections, TableCheck tables, ClockCheck clocks) {
        this.settings = settings;
        this.connections = connections;
        this.tables = tables;
        this.clocks = clocks;
    }

    @Override
    public String server() {
        return "PostgreSQL";
    }

    @Override
    public void examine(Findings findings) throws SQLException {
        try (Connection connection = connections.getConnection()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(HARMLESS);
            }
            examine(connection, findings);
        } catch (SQLException e) {
            findings.error(
                    "reachable",
                    "PostgreSQL at " + settings.postgres() + " cannot be used: " + Findings.cause(e),
                    unreachable(String.valueOf(e.getSQLState())));
            tables.problems().forEach((file, problem) -> findings.error(file, problem, ""));
        }
    }

    private static String unreachable(String state) {
        return switch (state) {
            case "28P01" -> "set cascade.postgres.user and cascade.postgres.password to what the server knows";
            case "28000" -> "let the role log in (ALTER ROLE … LOGIN), and this host in pg_hba.conf";
            case "3D000" -> "create the database, or set cascade.postgres.database to one that exists";
            case "53300" ->
                "raise max_connections, or find out who uses all connections: SELECT * FROM pg_stat_activity";
            case "57P03" -> "wait until the server has started or recovered";
            default -> "start the server, or set cascade.postgres.host and cascade.postgres.port to its address";
        };
    }

    private void examine(Connection connection, Findings findings) throws SQLException {
        try {
            SupportedServer.require(connection);
        } catch (SQLException e) {
            findings.error("version", e.getMessage(), "upgrade it, or set cascade.postgres.host to another server");
            return;
        }
        findings.ok("version", connection.getMetaData().getDatabaseProductVersion() + " at " + settings.postgres());
        SingleConnectionDataSource one = new SingleConnectionDataSource(connection, true);
        JdbcTemplate sql = new JdbcTemplate(one);
        if (Boolean.TRUE.equals(sql.queryForObject("SELECT pg_is_in_recovery()", Boolean.class))) {
            findings.error(
                    "primary",
                    "this is a standby: its snapshots do not list the transactions in progress as the primary's do, and"
                            + " nothing can be written" + sender(sql),
                    "set cascade.postgres.host to the primary's address; or, if this is to be the primary: SELECT"
                            + " pg_promote();");
            return;
        }
        findings.ok("primary", "not a standby");
        List<PostgresCheck> checks = List.of(
                new PostgresServerSettings(settings),
                new PostgresRole(settings, tables),
                new PostgresSlots(settings),
                new PostgresPublication(settings, tables),
                new PostgresTransactions(settings));
        for (PostgresCheck check : checks) {
            check.examine(sql, findings);
        }
        findings.attempt("clock", () -> clocks.compare(() -> millis(sql), findings));
        findings.attempt("tables", () -> tables(one, findings));
    }

    private static String sender(JdbcTemplate sql) {
        // Only shown to those who may see it.
        return sql
                .queryForList(
                        "SELECT sender_host || ':' || sender_port FROM pg_stat_wal_receiver WHERE sender_host IS NOT NULL",
                        String.class)
                .stream()
                .findFirst()
                .map(address -> "; it receives its log from " + address)
                .orElse("");
    }

    private static long millis(JdbcTemplate sql) {
        Long millis = sql.queryForObject("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", Long.class);
        return millis == null ? 0 : millis;
    }

    private void tables(DataSource one, Findings findings) {
        TableCheck.Result result = tables.check(one);
        result.problems().forEach((file, problem) -> findings.error(file, problem, ""));
        result.hints()
                .forEach((file, hint) ->
                        findings.note(file, "this works, but drops more entries than it has to: " + hint, ""));
        if (result.problems().isEmpty()) {
            findings.ok("tables", "every table file fits the database: " + tables.captured());
        }
    }
}
