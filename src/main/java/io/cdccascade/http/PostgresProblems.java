package io.cdccascade.http;

import io.cdccascade.http.Problem.FieldError;
import io.cdccascade.table.Column;
import io.cdccascade.table.Statements;
import io.cdccascade.table.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.apache.camel.component.direct.DirectConsumerNotAvailableException;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Explains in a problem document why PostgreSQL refused a statement, without showing SQL or PostgreSQL's own words about
 * its internals. Codes: <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL, appendix
 * A</a>.
 */
public final class PostgresProblems {

    private static final String COLUMNS_OF_CONSTRAINT = """
            SELECT a.attname FROM pg_class t
            JOIN pg_namespace n ON n.oid = t.relnamespace
            JOIN pg_attribute a ON a.attrelid = t.oid
            LEFT JOIN pg_constraint c ON c.conrelid = t.oid AND c.conname = ?
            LEFT JOIN (pg_index i JOIN pg_class x ON x.oid = i.indexrelid) ON i.indrelid = t.oid AND x.relname = ?
            WHERE n.nspname = ? AND t.relname = ? AND a.attnum = ANY (coalesce(c.conkey, i.indkey::int2[]))
            ORDER BY a.attnum""";

    /** Serialization failure, deadlock, lock timeout, statement timeout or cancel. */
    private static final Set<String> TOOK_TOO_LONG = Set.of("40001", "40P01", "55P03", "57014");

    private final JdbcTemplate jdbc;
    private final boolean showRaised;

    /**
     * @param dataSource connections to the primary
     * @param showRaised whether callers are shown the text of an error that a trigger raised
     */
    public PostgresProblems(DataSource dataSource, boolean showRaised) {
        this.jdbc = new JdbcTemplate(dataSource);
        this.showRaised = showRaised;
    }

    /**
     * The problem behind an exception. Asks PostgreSQL for the columns of a constraint and for the field that it could not
     * read; not for the event loop.
     *
     * @param exception what the request failed with
     * @param request   the write, or null when the statement was a read
     * @return the problem; status 503 when PostgreSQL could not be reached, 500 when the caller is not to blame
     */
    public Problem explain(Exception exception, Write request) {
        if (cause(exception, DirectConsumerNotAvailableException.class).isPresent()
                || cause(exception, RejectedExecutionException.class).isPresent()) {
            // Somebody has stopped or deleted the operation's route.
            return Problem.of(503, "This operation is not served at the moment");
        }
        if (cause(exception, SQLException.class).isEmpty()
                && cause(exception, DataAccessException.class).isEmpty()) {
            return unexpected();
        }
        Optional<PSQLException> refusal = cause(exception, PSQLException.class);
        String state = refusal.map(PSQLException::getSQLState).orElse(null);
        if (state == null || unreachable(state)) {
            return unavailable();
        }
        ServerErrorMessage message = refusal.get().getServerErrorMessage();
        if (request != null && message != null && isRaised(state, message)) {
            return raised(state, message, request);
        }
        if (TOOK_TOO_LONG.contains(state)) {
            return Problem.of(503, "The database took too long: try again in a moment");
        }
        if (state.equals("42501") && request != null) {
            return Problem.of(
                    403, "This service may not write to " + request.table().title());
        }
        if (state.startsWith("42") && !state.equals("428C9") || state.equals("0A000")) {
            if (state.equals("42601") && request != null && !errors(request).isEmpty()) {
                // Some types' texts are a language, and its errors are like those of SQL.
                return invalid(request);
            }
            if (state.equals("0A000") && request != null && message != null && isAboutReturning(message)) {
                return Problem.of(
                        422,
                        "A rule (CREATE RULE) of " + request.table().title()
                                + " rewrites this statement, so that it cannot "
                                + "return the row: "
                                + (request.isCreate() ? "give the whole key, " : "")
                                + "replace the rule by a trigger, or write by SQL");
            }
            // The table is another than it was a moment ago; it will be known when the caller tries again.
            return Problem.of(503, "The table has just been changed");
        }
        if (request == null || message == null) {
            return state.startsWith("22") ? Problem.of(400, "The key is not valid for this table") : unexpected();
        }
        return switch (state) {
            case "23502" ->
                message.getColumn() == null
                        ? invalid(request)
                        : Problem.ofField(422, message.getColumn(), "must be given and not null");
            case "23505", "23P01" -> duplicate(columns(message, request), request);
            case "23503", "23001" ->
                request.isDelete()
                        ? Problem.of(409, "Other rows refer to this one")
                        : refersToNothing(columns(message, request));
            case "23514" ->
                message.getTable() == null
                        ? invalid(request)
                        : breaksRule(columns(message, request), message.getConstraint());
            case "428C9" ->
                Problem.of(
                        422, "PostgreSQL computes one of these fields itself: " + String.join(", ", request.fields()));
            default ->
                state.startsWith("22")
                        ? invalid(request)
                        : state.startsWith("54") ? Problem.of(422, "A value is too large") : unexpected();
        };
    }

    /**
     * Whether a function of the database raised the error on purpose: {@code RAISE} or {@code ASSERT} of PL/pgSQL, or in any
     * language with the code {@code raise_exception}.
     */
    private static boolean isRaised(String state, ServerErrorMessage message) {
        if (state.equals("P0001")) {
            return true;
        }
        String where = message.getWhere();
        if (where == null) {
            return false;
        }
        String innermost = where.lines().findFirst().orElse("");
        return innermost.endsWith(" at RAISE") || innermost.endsWith(" at ASSERT");
    }

    private static boolean isAboutReturning(ServerErrorMessage message) {
        return message.getMessage() != null
                && (message.getMessage().contains("RETURNING")
                        || message.getMessage().contains("DO INSTEAD"));
    }

    /** A code {@code PT4xx} names the status itself, as in PostgREST. */
    private Problem raised(String state, ServerErrorMessage message, Write request) {
        int status = state.matches("PT4[0-9][0-9]")
                ? Integer.parseInt(state.substring(2))
                : switch (state) {
                    case "23505", "23P01" -> 409;
                    case "42501" -> 403;
                    default -> 422;
                };
        return Problem.of(
                status,
                showRaised
                        ? message.getMessage()
                        : "A trigger of " + request.table().title() + " refuses this");
    }

    /** Another row has the same values. If it is the one that the request wants to be the first to create: 412. */
    private static Problem duplicate(List<String> columns, Write request) {
        boolean key = Set.copyOf(columns)
                .equals(request.table().key().stream().map(Column::name).collect(Collectors.toSet()));
        return Problem.of(
                request.isFirst() && key ? 412 : 409,
                "A row with the same " + names(columns) + " exists already",
                errors(columns, "exists already"));
    }

    private static Problem refersToNothing(List<String> columns) {
        String detail = "refers to a row that does not exist";
        return Problem.of(422, names(columns) + " " + detail, errors(columns, detail));
    }

    private static Problem breaksRule(List<String> columns, String rule) {
        return Problem.of(
                422, names(columns) + " breaks a rule of the table", errors(columns, "breaks the rule " + rule));
    }

    private static Problem unexpected() {
        return Problem.of(500, "Something went wrong");
    }

    private static Problem unavailable() {
        return Problem.of(503, "The database cannot be reached at the moment");
    }

    private static boolean unreachable(String state) {
        return state.startsWith("08") || state.startsWith("57P") || state.startsWith("53") || state.startsWith("28");
    }

    private static <T> Optional<T> cause(Throwable exception, Class<T> type) {
        for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return Optional.of(type.cast(cause));
            }
        }
        return Optional.empty();
    }

    /** PostgreSQL does not say which value of a statement it could not read, so each is tried on its own. */
    private Problem invalid(Write request) {
        List<FieldError> errors = errors(request);
        return errors.isEmpty()
                ? Problem.of(422, "A value does not fit its field")
                : Problem.of(422, errors.get(0).field() + " " + errors.get(0).detail(), errors);
    }

    private List<FieldError> errors(Write request) {
        List<FieldError> errors = new ArrayList<>();
        for (String field : request.fields()) {
            Column column = request.table().table().column(field).orElseThrow();
            try {
                jdbc.queryForList(Statements.check(column), request.body());
            } catch (DataAccessException e) {
                errors.add(new FieldError(
                        field,
                        "is not valid: "
                                + cause(e, PSQLException.class)
                                        .map(PSQLException::getServerErrorMessage)
                                        .map(ServerErrorMessage::getMessage)
                                        .orElse("not a " + column.type())));
            }
        }
        return errors;
    }

    private static String names(List<String> columns) {
        return columns.isEmpty() ? "values" : String.join(", ", columns);
    }

    private static List<FieldError> errors(List<String> columns, String detail) {
        return columns.stream().map(column -> new FieldError(column, detail)).toList();
    }

    private List<String> columns(ServerErrorMessage message, Write request) {
        TableName table = request.table().table().tableName();
        return jdbc.queryForList(
                COLUMNS_OF_CONSTRAINT,
                String.class,
                message.getConstraint(),
                message.getConstraint(),
                table.schema(),
                table.name());
    }
}
