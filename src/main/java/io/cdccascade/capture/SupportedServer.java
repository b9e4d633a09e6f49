package io.cdccascade.capture;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;

/** Refuses a PostgreSQL that is too old, before it is asked for anything or gets a replication slot. */
public final class SupportedServer {

    /** 13 does not send logical messages to {@code pgoutput}, and nobody maintains it. */
    private static final int OLDEST = 14;

    /** SQLSTATE {@code sqlserver_rejected_establishment_of_sqlconnection}: as good as a server that is unreachable. */
    private static final String REJECTED = "08004";

    private SupportedServer() {}

    /**
     * Asks the driver, which knows since the connection was made.
     *
     * @throws SQLException if the server is too old; the message says so
     */
    public static void require(Connection connection) throws SQLException {
        DatabaseMetaData server = connection.getMetaData();
        if (server.getDatabaseMajorVersion() < OLDEST) {
            throw new SQLException(
                    "PostgreSQL " + server.getDatabaseProductVersion() + " is not supported, it has to be version "
                            + OLDEST + " or newer",
                    REJECTED);
        }
    }
}
