package io.cdccascade.dev;

import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** {@code scripts/sql}: runs SQL against PostgreSQL for people who have no {@code psql} at hand. */
final class SqlShell {

    private SqlShell() {}

    /** @param args the statements, separated by semicolons, as one argument or as many words */
    public static void main(String[] args) {
        if (args.length == 0) {
            Console.exit("usage: scripts/sql \"SELECT * FROM sinners\"");
        }
        var url = "jdbc:postgresql://%s:%s/%s"
                .formatted(
                        Console.setting("CASCADE_POSTGRES_HOST", "localhost"),
                        Console.setting("CASCADE_POSTGRES_PORT", "15432"),
                        Console.setting("CASCADE_POSTGRES_DATABASE", "cdc-cascade-db"));
        try (var connection = DriverManager.getConnection(
                        url,
                        Console.setting("CASCADE_POSTGRES_USER", "admin"),
                        Console.setting("CASCADE_POSTGRES_PASSWORD", "adminpw"));
                var statement = connection.createStatement()) {
            var isResult = statement.execute(String.join(" ", args));
            while (isResult || statement.getUpdateCount() != -1) {
                System.out.println(
                        isResult
                                ? table(statement.getResultSet())
                                : "(" + rows(statement.getUpdateCount()) + " changed)");
                isResult = statement.getMoreResults();
            }
        } catch (SQLException e) {
            Console.exit(e.getMessage());
        }
    }

    private static String table(ResultSet result) throws SQLException {
        var columns = result.getMetaData();
        var lines = new ArrayList<List<String>>();
        var names = new ArrayList<String>();
        for (int column = 1; column <= columns.getColumnCount(); column++) {
            names.add(columns.getColumnLabel(column));
        }
        lines.add(names);
        while (result.next()) {
            var line = new ArrayList<String>();
            for (int column = 1; column <= names.size(); column++) {
                var value = result.getString(column);
                line.add(value == null ? "NULL" : value);
            }
            lines.add(line);
        }
        var text = new StringBuilder();
        for (var line : lines) {
            for (int column = 0; column < names.size(); column++) {
                var index = column;
                var width = lines.stream()
                        .mapToInt(other -> other.get(index).length())
                        .max()
                        .orElse(0);
                var value = line.get(column);
                text.append(value).append(" ".repeat(width - value.length() + 2));
            }
            while (text.length() > 0 && text.charAt(text.length() - 1) == ' ') {
                text.setLength(text.length() - 1);
            }
            text.append(System.lineSeparator());
        }
        return text + "(" + rows(lines.size() - 1) + ")";
    }

    private static String rows(int count) {
        return count + (count == 1 ? " row" : " rows");
    }
}
