package io.cdccascade.reload;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Collects the files that are rejected in one pass, and why. */
public final class Rejections {

    private static final Logger LOG = LoggerFactory.getLogger(Rejections.class);

    private final Map<String, String> reasons = new LinkedHashMap<>();
    private RejectedEditException last;

    /**
     * Rejects a file.
     *
     * @param location the file, which need not be the one with the error: it can break another one
     */
    void add(String location, RejectedEditException e) {
        boolean inThisFile = e.locations().contains(location);
        String faulty = inThisFile ? location : e.locations().iterator().next();
        String reason = SourceFile.path(faulty) + ":" + e.line() + ": " + e.getMessage();
        reasons.put(location, inThisFile ? reason : "after the edit of " + SourceFile.path(location) + ", " + reason);
        last = e;
        LOG.debug("Rejected {}", location, e);
    }

    /** File, line and reason for people, by the location of the rejected file. */
    Map<String, String> reasons() {
        return Collections.unmodifiableMap(reasons);
    }

    /** The last one, or null if no file was rejected. */
    RejectedEditException last() {
        return last;
    }
}
