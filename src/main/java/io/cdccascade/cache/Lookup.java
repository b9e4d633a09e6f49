package io.cdccascade.cache;

/** The cache's answer to a reader. */
public sealed interface Lookup {

    /** Answer with this entry. */
    record Hit(Entry entry) implements Lookup {}

    /**
     * Read the row from the primary, then {@link CacheReader#fill fill}; if the read fails,
     * {@link CacheReader#release release}.
     */
    record Leased(Lease lease) implements Lookup {}

    /**
     * Read the row from the primary and do not fill.
     *
     * @param stale the entry that this reader finds too old, if that is the reason, for when the primary does not answer
     *              either; else null
     */
    record Bypass(Reason reason, Entry stale) implements Lookup {

        public Bypass {
            if ((reason == Reason.STALE) != (stale != null)) {
                throw new IllegalArgumentException(reason + " with " + stale);
            }
        }

        /** For another reason than {@link Reason#STALE}. */
        public Bypass(Reason reason) {
            this(reason, null);
        }
    }

    /** Why the cache neither answers nor wants to be filled. */
    enum Reason {
        /** It is not known yet whether everything has been applied that was committed before this process started. */
        STARTING,
        /** Changes may not have been applied for longer than this reader takes. */
        STALE,
        /** Somebody else is filling the key and took longer than this reader waits. */
        BUSY,
        /** The entry does not include the change that the reader must see. */
        UNSEEN,
        /** The change that the reader must see was never made on this PostgreSQL. */
        NEVER_MADE,
        /** Redis does not know which changes it has applied, and that could not be repaired at once. */
        UNKNOWN,
        /** Entries have another schema fingerprint than the reader expects. */
        RESHAPED,
        /** Changes are captured from another server than rows are read from, as far as this process knows. */
        UNTRUSTED,
        /** The reader does not know what entries have to look like. */
        UNCHECKED,
        /** Redis did not answer in time, or the circuit breaker did not let the question through. */
        UNREACHABLE
    }
}
