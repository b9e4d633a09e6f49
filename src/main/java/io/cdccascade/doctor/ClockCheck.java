package io.cdccascade.doctor;

import java.time.Clock;
import java.time.Duration;

/** Compares a server's clock with that of this process. */
final class ClockCheck {

    /** Asks a server what time it is. */
    interface Server {
        long millis() throws Exception;
    }

    private final Clock clock;
    private final long limitMillis;

    ClockCheck(Clock clock, long limitMillis) {
        this.clock = clock;
        this.limitMillis = limitMillis;
    }

    /** Adds how far the clocks are apart. What the question took counts for neither side. */
    void compare(Server server, Findings findings) throws Exception {
        long before = clock.millis();
        long there = server.millis();
        long after = clock.millis();
        long apart = there < before ? there - before : Math.max(0, there - after);
        if (Math.abs(apart) > limitMillis) {
            findings.warning(
                    "clock",
                    "the server's clock is " + Duration.ofMillis(Math.abs(apart))
                            + (apart > 0 ? " ahead of" : " behind")
                            + " this process's: the age of answers, lag and created_at columns cannot be compared",
                    "let both hosts follow NTP (timedatectl set-ntp true)");
        } else {
            findings.ok("clock", "agrees with this process's to " + Math.abs(apart) + " ms");
        }
    }
}
