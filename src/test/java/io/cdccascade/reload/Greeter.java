package io.cdccascade.reload;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A bean for the tests, which records when one is made and closed. */
public final class Greeter {

    private final List<String> account;
    private String greeting = "none";

    public Greeter(Account account) {
        this.account = account.entries;
        this.account.add("made");
    }

    public void setGreeting(String greeting) {
        this.greeting = greeting;
    }

    public String greet() {
        return greeting;
    }

    public void close() {
        account.add("closed " + greeting);
    }

    /** What was made and closed so far, in order. */
    public static final class Account {

        private final List<String> entries = new CopyOnWriteArrayList<>();

        List<String> entries() {
            return List.copyOf(entries);
        }
    }
}
