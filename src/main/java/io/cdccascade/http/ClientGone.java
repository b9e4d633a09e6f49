package io.cdccascade.http;

import java.util.ArrayList;
import java.util.List;

/** Whether the client of a request has hung up before it was answered, and what to do then. Safe for use by many threads. */
public final class ClientGone {

    /** The property of an exchange that holds the object of this class, where the exchange is an HTTP request's. */
    public static final String PROPERTY = "CascadeClientGone";

    private final List<Runnable> actions = new ArrayList<>();
    private boolean gone;

    /** Runs an action when the client hangs up; now, if it has. The action must not block. */
    public void then(Runnable action) {
        synchronized (this) {
            if (!gone) {
                actions.add(action);
                return;
            }
        }
        action.run();
    }

    /** The client has hung up. */
    void happened() {
        List<Runnable> due;
        synchronized (this) {
            gone = true;
            due = List.copyOf(actions);
            actions.clear();
        }
        due.forEach(Runnable::run);
    }
}
