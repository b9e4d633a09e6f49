package io.cdccascade.cache;

/**
 * Whether an entry that Redis has may be answered: it has to be of the primary's own history, and to include the write that
 * the caller's token names.
 *
 * <p>A token is compared with entries of its own history only. An entry of a later history was read when all that was left of
 * the token's was there, so it is answered: what it does not show of the write was lost with the earlier history. An entry of
 * an earlier history is not answered. Which of two is the later the timelines say, or the primary if it is asked.
 */
final class HitRule {

    private static final Lookup UNSEEN = new Lookup.Bypass(Lookup.Reason.UNSEEN);
    private static final Lookup NEVER_MADE = new Lookup.Bypass(Lookup.Reason.NEVER_MADE);
    private static final Lookup UNKNOWN = new Lookup.Bypass(Lookup.Reason.UNKNOWN);

    private final KnownPrimary primary;
    private final Rebuild rebuild;

    HitRule(KnownPrimary primary, Rebuild rebuild) {
        this.primary = primary;
        this.rebuild = rebuild;
    }

    /**
     * What is answered, as far as this process knows that without asking.
     *
     * @param token the write that the answer has to include, or null
     * @return null if the primary has to be asked
     */
    Lookup quick(Entry entry, WritePoint token) {
        String of = entry.history();
        if (!History.comparable(of, primary.history())) {
            return null;
        }
        if (token == null || entry.readPoint().honours(token)) {
            return new Lookup.Hit(entry);
        }
        if (History.comparable(of, token.history())) {
            return primary.reached(token) ? UNSEEN : null;
        }
        return History.earlier(token.history(), of) || primary.isStranger(token.history())
                ? new Lookup.Hit(entry)
                : null;
    }

    /**
     * The same, with what the primary said when it was asked. An entry of another history than its own is the sign that
     * PostgreSQL was restored or has failed over: then all such entries of the table are forgotten.
     *
     * @param question what was looked up
     * @param position where the primary stands; null if it could not be asked
     */
    Lookup asked(LookupCalls.Question question, Entry entry, WritePoint token, ReadPoint position) {
        String of = entry.history();
        if (position == null) {
            return History.comparable(of, primary.history()) ? UNSEEN : UNKNOWN;
        }
        if (!History.comparable(of, position.history())) {
            rebuild.start(question.key().table(), question.fingerprint(), position.history());
            return UNKNOWN;
        }
        if (token == null || entry.readPoint().honours(token)) {
            return new Lookup.Hit(entry);
        }
        if (History.comparable(of, token.history())) {
            return position.reaches(token) ? UNSEEN : NEVER_MADE;
        }
        if (!History.sameSystem(of, token.history())) {
            primary.remember(token.history());
        } else if (!History.earlier(token.history(), of)) {
            return NEVER_MADE;
        }
        return new Lookup.Hit(entry);
    }
}
