package io.cdccascade.doctor;

/**
 * What was found about one thing.
 *
 * @param server   where: {@code PostgreSQL}, {@code Kafka}, {@code Redis} or {@code tables}
 * @param check    what was looked at: a setting, a slot, a topic, a file; unique within the server
 * @param severity how bad it is
 * @param meaning  what it is, and what follows from it
 * @param fix      what fixes it: statements, each of which ends with a semicolon, commands or settings; empty if nothing
 *                 has to be done, or if the meaning says it
 */
public record Finding(String server, String check, Severity severity, String meaning, String fix) {

    /** How bad it is. */
    public enum Severity {
        /** It is right. */
        OK,
        /** It works, or could not be checked. */
        NOTE,
        /** It works now, and will not when something else goes wrong. */
        WARNING,
        /** Something that the system promises does not work. */
        ERROR
    }

    /** Whether something has to be done. */
    public boolean isTrouble() {
        return severity.compareTo(Severity.WARNING) >= 0;
    }

    /** Meaning and fix as one text. */
    public String text() {
        return fix.isEmpty() ? meaning : meaning + ". Fix: " + fix;
    }
}
