package io.cdccascade.http;

import io.cdccascade.cache.CacheKey;
import io.cdccascade.cache.Fence;
import io.cdccascade.cache.WritePoint;
import io.cdccascade.table.InvalidKeyException;
import io.cdccascade.table.Operation;
import io.cdccascade.table.RowKey;
import io.cdccascade.table.ServedTable;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A request to create, update or delete a row, from its arrival to its answer: the one variable, {@code write}, that the
 * steps of a write route share. Not for several threads at a time; steps follow each other.
 */
public final class Write {

    private static final long LONGEST_WAIT_SECONDS = 30;

    private final ServedTable table;
    private final Operation kind;
    private final RowKey key;
    private final Set<String> fields;
    private final String body;
    private final WriteCondition condition;
    private final long waitSeconds;
    private Map<?, ?> written;
    private boolean found;
    private boolean triggered;
    private boolean applied;

    /**
     * @param table  the table
     * @param kind   what is to be done: {@code CREATE}, {@code UPDATE} or {@code DELETE}
     * @param key    the row's key, or null for a create
     * @param fields the fields given, in the order given
     * @param body   the JSON object as the caller sent it, or null for a delete
     * @param condition what the row has to be like before
     * @param waitSeconds how long the caller is content to wait until the change is applied everywhere, 0 for not at all
     */
    Write(
            ServedTable table,
            Operation kind,
            RowKey key,
            Set<String> fields,
            String body,
            WriteCondition condition,
            long waitSeconds) {
        this.table = table;
        this.kind = kind;
        this.key = key;
        this.fields = fields;
        this.body = body;
        this.condition = condition;
        this.waitSeconds = waitSeconds;
    }

    /** The table that is written to. */
    public ServedTable table() {
        return table;
    }

    /** The fields given, in the order given. */
    Set<String> fields() {
        return fields;
    }

    /** The JSON object as the caller sent it, or null for a delete. */
    public String body() {
        return body;
    }

    /** Whether the row is to be stored as a new one. */
    boolean isCreate() {
        return kind == Operation.CREATE;
    }

    /** Whether the row is to be deleted. */
    boolean isDelete() {
        return kind == Operation.DELETE;
    }

    /** Whether the row must not be there already. */
    boolean isFirst() {
        return condition.absent();
    }

    /** The statement that carries out the write, one of {@link io.cdccascade.table.Statements}. */
    public String sql() {
        return switch (kind) {
            case CREATE -> table.statements().insert(fields);
            case UPDATE -> table.statements().update(fields, condition.kind());
            case DELETE -> table.statements().delete(condition.kind());
            default -> throw new IllegalStateException(kind + " is no write");
        };
    }

    /** The statement that reads the row that {@link #sql} has stored without returning it. Its parameter is the body. */
    public String created() {
        return table.statements().created();
    }

    /** The statement's parameters. */
    public List<String> parameters() {
        return switch (kind) {
            case CREATE -> List.of(body);
            case UPDATE -> List.of(key.json(), condition.json(), body);
            default -> List.of(key.json(), condition.json());
        };
    }

    /** Takes what the statement returned: its columns, or null if there was no row at all. */
    public void written(Map<?, ?> columns) {
        written = columns == null || columns.get("row") == null ? null : columns;
        found = columns != null && Boolean.TRUE.equals(columns.get("found"));
        triggered = columns != null && Boolean.TRUE.equals(columns.get("triggered"));
    }

    /** The fence of the row that was written; empty if none was, or if it has a key that no path can name. */
    public Optional<Fence> fence() {
        if (written == null) {
            return Optional.empty();
        }
        try {
            RowKey row = RowKey.ofJson(table.key(), (String) written.get("key"));
            return Optional.of(
                    new Fence(new CacheKey(table.name(), row.text()), WritePoint.parse((String) written.get("token"))));
        } catch (InvalidKeyException e) {
            return Optional.empty();
        }
    }

    /** How long to wait until the change is applied everywhere, 0 for not at all, which is so if nothing was written. */
    public long patienceSeconds() {
        return written == null ? 0 : Math.min(waitSeconds, LONGEST_WAIT_SECONDS);
    }

    /** The change is applied everywhere. */
    public void applied() {
        applied = true;
    }

    /** The answer: the row that was written and the write's token, or why none was. */
    public Answer answer() {
        if (written == null) {
            return nothing().answer();
        }
        Answer.Builder answer = new Answer.Builder(kind == Operation.CREATE ? 201 : 200)
                .header("Cache-Control", "no-cache")
                .header(RequestLine.TOKEN, (String) written.get("token"));
        if (applied) {
            answer.header(Preferences.APPLIED, "wait=" + waitSeconds);
        }
        return answer.body(Answer.JSON, Buffer.buffer((String) written.get("row")));
    }

    private Problem nothing() {
        if (kind != Operation.CREATE && (condition.exists() || found && condition != WriteCondition.NONE)) {
            return Problem.of(
                    412, "The row " + key.text() + " of " + table.title() + " is not as the request's condition says");
        }
        boolean suppressed = found && triggered;
        if (kind == Operation.CREATE || kind == Operation.DELETE && suppressed) {
            return Problem.of(
                    409,
                    "PostgreSQL wrote no row of " + table.title()
                            + ": a trigger or a rule of the table suppressed the write or did something else in its"
                            + " place");
        }
        // Many tables have a trigger before updates that suppresses none; a row deleted at the same moment is likelier.
        return Problem.of(
                404,
                "There is no row " + key.text() + " in " + table.title()
                        + (suppressed ? " any more, or a trigger of the table suppressed the write" : ""));
    }
}
