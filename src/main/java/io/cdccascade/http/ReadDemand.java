package io.cdccascade.http;

import io.cdccascade.cache.WritePoint;

/**
 * How fresh a caller wants an answer, and what it shall say of that.
 *
 * @param token     a write of the caller's own that the answer has to include, or null
 * @param bound     how old an entry may be
 * @param freshAsOf whether the answer shall say which changes it includes at least
 */
record ReadDemand(WritePoint token, StalenessBound bound, boolean freshAsOf) {

    /** Any answer will do. */
    static final ReadDemand NONE = new ReadDemand(null, StalenessBound.NONE, false);
}
