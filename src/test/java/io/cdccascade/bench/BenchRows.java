package io.cdccascade.bench;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;

/** The rows that the benchmarks read, in the database of the application that is measured. */
final class BenchRows {

    /** The row of 161 bytes, as JSON, that is read again and again. */
    static final int ONE = 21;
    /** The first of {@link #MANY_COUNT} rows. */
    static final int MANY = 1_001;

    static final int MANY_COUNT = 1_000;
    /** The class of 20 rows. */
    static final String LISTED = "L";
    /** The first of the rows that are read once each. */
    static final int MISSES = 1_000_000;
    /** The first of {@link #SLOW_COUNT} rows whose load takes a second. */
    static final int SLOW = 1;

    static final int SLOW_COUNT = 100_000;

    private final Map<String, String> settings;
    private final int misses;

    /**
     * @param settings where PostgreSQL is and who may do everything there, as the application's settings say it
     * @param misses   how many rows there are to be read once each
     */
    BenchRows(Map<String, String> settings, int misses) {
        this.settings = settings;
        this.misses = misses;
    }

    /**
     * Makes the tables and rows that are missing, in a transaction in which sinners are not published: capture is not
     * to be busy with them while something else is measured.
     */
    void seed() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(publish("DROP"));
            for (String sql : new String[] {
                rows("SELECT " + ONE + ", 'Chameleon', 'S'"),
                rows("SELECT code, 'Listed', '" + LISTED + "' FROM generate_series(101, 120) code"),
                rows("SELECT code, 'Chameleon', 'K' FROM generate_series(" + MANY + ", " + (MANY + MANY_COUNT - 1)
                        + ") code"),
                rows("SELECT code, 'Chameleon', 'M' FROM generate_series(" + MISSES + ", " + (MISSES + misses - 1)
                        + ") code"),
                "CREATE TABLE IF NOT EXISTS bench_slow (code BIGINT PRIMARY KEY, name TEXT NOT NULL)",
                "CREATE OR REPLACE VIEW bench_slow_view AS "
                        + "SELECT code, name FROM bench_slow WHERE pg_sleep(1) IS NOT NULL",
                "INSERT INTO bench_slow SELECT code, 'slow' FROM generate_series(" + SLOW + ", "
                        + (SLOW + SLOW_COUNT - 1) + ") code ON CONFLICT DO NOTHING"
            }) {
                statement.execute(sql);
            }
            statement.execute(publish("ADD"));
            connection.commit();
            connection.setAutoCommit(true);
            statement.execute("VACUUM ANALYZE sinners");
            statement.execute("VACUUM ANALYZE bench_slow");
        }
    }

    private String publish(String verb) {
        return "ALTER PUBLICATION " + settings.get("cascade.capture.publication") + " " + verb + " TABLE sinners";
    }

    Connection connect() throws SQLException {
        Properties login = new Properties();
        login.put("user", settings.get("cascade.postgres.user"));
        login.put("password", settings.get("cascade.postgres.password"));
        return DriverManager.getConnection(
                "jdbc:postgresql://" + host() + ":" + settings.get("cascade.postgres.port") + "/"
                        + settings.get("cascade.postgres.database"),
                login);
    }

    String host() {
        return settings.getOrDefault("cascade.postgres.host", "127.0.0.1");
    }

    int misses() {
        return misses;
    }

    private static String rows(String select) {
        return "INSERT INTO sinners (code, name, class, libram, tendency, created_at, updated_at) SELECT rows.*, "
                + "'Fraud', 'Fury', '2026-01-01T12:00:00.123456', '2026-01-01T12:00:00.123456' FROM (" + select
                + ") rows ON CONFLICT DO NOTHING";
    }
}
