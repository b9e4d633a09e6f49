package io.cdccascade.doctor;

import io.cdccascade.doctor.Finding.Severity;
import io.lettuce.core.RedisCommandExecutionException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.AuthorizationException;

/** Collects what is found about one server. Not safe for use by several threads. */
final class Findings {

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    /** A check that may fail. */
    interface Check {
        void run() throws Exception;
    }

    private final String server;
    private final Secrets secrets;
    private final List<Finding> found = new ArrayList<>();

    Findings(String server, Secrets secrets) {
        this.server = server;
        this.secrets = secrets;
    }

    void ok(String check, String meaning) {
        add(check, Severity.OK, meaning, "");
    }

    void note(String check, String meaning, String fix) {
        add(check, Severity.NOTE, meaning, fix);
    }

    void warning(String check, String meaning, String fix) {
        add(check, Severity.WARNING, meaning, fix);
    }

    void error(String check, String meaning, String fix) {
        add(check, Severity.ERROR, meaning, fix);
    }

    private void add(String check, Severity severity, String meaning, String fix) {
        found.add(new Finding(server, check, severity, secrets.hide(meaning), secrets.hide(fix)));
    }

    /**
     * Runs a check. If it fails, a finding says why, and the others go on: a note if only a right is missing, and otherwise a
     * warning, because nobody knows what it would have found.
     */
    void attempt(String check, Check body) {
        try {
            body.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            add(check, isForbidden(e) ? Severity.NOTE : Severity.WARNING, "could not be checked: " + cause(e), "");
        }
    }

    private static boolean isForbidden(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthorizationException
                    || cause instanceof SQLException sql && INSUFFICIENT_PRIVILEGE.equals(sql.getSQLState())
                    || cause instanceof RedisCommandExecutionException
                            && cause.getMessage().startsWith("NOPERM")) {
                return true;
            }
        }
        return false;
    }

    /** What a server or its driver said, without what called it; on one line. */
    static String cause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return (message == null ? cause.getClass().getSimpleName() : message).replaceAll("\\s*\\R\\s*", " ");
    }

    List<Finding> all() {
        return found;
    }
}
