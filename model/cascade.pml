/*
 * The cache protocol of CDC Cascade as a Promela model, for the model checker Spin.
 *
 * One row, one Redis key, two transactions that write the row, two readers that look it up for ever. Every
 * `atomic` block is one step of the real thing (a Lua script, an SQL statement, a commit becoming visible);
 * Spin tries every order of the steps. `model/check` runs the variants, docs/consistency.md tells the story.
 *
 * The flags below select the variant; their defaults are the protocol as it is built.
 */

#ifndef LEASE            /* a fill needs the lease that its lookup took */
#define LEASE 1
#endif
#ifndef FENCE            /* an event fences its transaction; a fill's snapshot must see every fenced one */
#define FENCE 1
#endif
#ifndef LAG              /* a commit can be decoded before it is visible, as in PostgreSQL */
#define LAG 1
#endif
#ifndef REPLAY           /* events may be applied again, at any time, one by one */
#define REPLAY 1
#endif
#ifndef EVICT            /* Redis may evict the fence key, or let it expire */
#define EVICT 1
#endif
#ifndef SIDECAR          /* lease and fences are one Redis key, so that they leave together */
#define SIDECAR 1
#endif
#ifndef EVICT_LAGGING    /* ... even while a fenced transaction is not visible yet */
#define EVICT_LAGGING 0
#endif
#ifndef LOSE             /* Redis may lose everything at once, or the bucket's memory alone */
#define LOSE 1
#endif
#ifndef FLOOR            /* 0: no floor; 1: the snapshot's xmax; 2: a new xid, above every one given out so far */
#define FLOOR 2
#endif
#ifndef CLAIM            /* the new epoch is written before the floor is read, and must still be there after */
#define CLAIM 1
#endif
#ifndef FLOOR_AT_FILL    /* a floor counts as long as it lives at the fill; 0: if it lived when the lease was taken */
#define FLOOR_AT_FILL 0
#endif
#ifndef RENEW            /* a holder renews: 0: the lease that it has; 1: also one that is gone; 2: whoever has it by now */
#define RENEW 0
#endif
#ifndef REFRESH          /* the lease of an entry that is there may be taken, to load it again; it is answered until then */
#define REFRESH 0
#endif
#ifndef FENCES           /* 0: a set; 1: the last applied only; 2: the highest xid only; 3: everything up to it */
#define FENCES 0
#endif
#ifndef PRUNE_BY_ANYONE  /* a refused fill removes the fences it sees, lease or no lease */
#define PRUNE_BY_ANYONE 0
#endif
#ifndef TRUNCATE         /* transaction 2 is a TRUNCATE: its event forgets the table instead of fencing the key */
#define TRUNCATE 0
#endif
#ifndef RETRY            /* 1: a client repeats lookups and fills, however late; 2: the same, Redis names the lease */
#define RETRY 0
#endif
#ifndef DUMP             /* Redis may restart once with the dump it wrote at some moment before */
#define DUMP 0
#endif
#ifndef GUARD            /* a new run_id is noticed before the next lookup, and the table forgotten first */
#define GUARD 1
#endif
#ifndef FAILBACK         /* Redis fails over to a replica and back, to a server that lacks what was written meanwhile */
#define FAILBACK 0
#endif
#ifndef PROMOTION        /* what names a memory changes with every promotion (master_replid); 0: run_id, one a process */
#define PROMOTION 1
#endif
#ifndef CRASH            /* PostgreSQL crashes and gives an xid again whose first owner aborted, unflushed */
#define CRASH 0
#endif
#ifndef LSN              /* to have seen a change also means to have been read when the log was flushed beyond it */
#define LSN 1
#endif
#ifndef EARLY            /* 1: capture applies events too, in any order, ahead of the feed, and a call may be lost; 2: and the
                          * feed skips what was only sent */
#define EARLY 0
#endif
#ifndef SETTLE           /* 1: no fence for a change that the invalidator has seen to be over, if nobody has the lease; 2: nor if
                          * somebody has; 3: nor for a change that it has not seen; 0: a fence for all */
#define SETTLE LEASE
#endif
#ifndef SETTLE_HISTORY   /* what the invalidator has seen counts only if it is of the history of the table's floor */
#define SETTLE_HISTORY 1
#endif
#ifndef ASYNC            /* synchronous_commit = off: a commit is visible before it is flushed */
#define ASYNC 0
#endif
#ifndef KEPT_EPOCH       /* an event leaves an entry alone only if that is of the present epoch */
#define KEPT_EPOCH 1
#endif
#ifndef FENCE_EPOCH      /* a fence counts only in the epoch in which it was written; the floor covers the others */
#define FENCE_EPOCH 1
#endif
#ifndef RESTORE          /* PostgreSQL is replaced by a restored one: another history, with lower xids and positions */
#define RESTORE 0
#endif
#ifndef FILL_HISTORY     /* a load of another history than the epoch's floor is refused, and the table forgotten */
#define FILL_HISTORY 1
#endif
#ifndef TOKEN_HISTORY    /* a token names its history and is compared with entries of that history only */
#define TOKEN_HISTORY 1
#endif

/*
 * What to check, as a sum: 1 no resurrection, 2 convergence, 4 no needless refusal, 8 no fill at rest (must fail),
 * 16 read your writes.
 */
#ifndef CHECK
#define CHECK 23
#endif

#define NOBODY 0
#define NOBODYS 4                                  /* a lease whose name nobody was told */
#define EARLIER 7                                  /* the row's version, a floor, a position of the earlier history */
#define LOST_TX 4                                  /* a transaction of the earlier history, in no later snapshot */
#define BOTH 3                                     /* the set of both transactions */
#define BIT(x) (1 << ((x) - 1))                    /* the set of transaction x alone */
#define SEES_ALL(snapshot, xs) (((xs) & ~(snapshot)) == 0)
#define ABOVE(position, x) (!LSN || lsn[x] < (position))
/* What was read under a snapshot, with the log flushed up to a position, includes all of a set of changes. */
#define SAW(snapshot, position, xs) (SEES_ALL(snapshot, xs) && \
    (!((xs) & LOST_TX) || (position) == EARLIER) && (!((xs) & 1) || ABOVE(position, 1)) && (!((xs) & 2) || ABOVE(position, 2)))

/* ---- PostgreSQL ------------------------------------------------------------------------------------------ */

byte nextXid = 1;
byte xid[3];             /* of transaction 1 and 2, in the order of their first write anywhere; 0: none yet */
byte rowLock = NOBODY;   /* held from the write until the commit is visible */
byte visible;            /* set of transactions; a snapshot is a copy of it */
byte row;                /* the visible row's version: 0, then 1, then 2, in the order of the commits */
byte xmax = 1;           /* of a snapshot taken now: one above the highest xid that has COMPLETED */

byte log[2];             /* the transactions in the order of their commits: the change feed */
byte lsn[3];             /* where in the log transaction 1 and 2 are; a crash gives no position again */
byte logged;
byte flushed;            /* so many of them are flushed, so can be decoded, and outlive a crash */
bool crashed;
bool restored = !RESTORE; /* what begins from here on is of the present history */

/* ---- What of the feed has been applied to Redis ---------------------------------------------------------- */

byte applied;            /* the offset: so many events; the version that a read must give at least */
byte sent;               /* set of the transactions whose event capture has sent ahead; the call may have been lost */
byte early;              /* set of those that Redis has confirmed: from then on they count as applied, too */

/* ---- Redis ----------------------------------------------------------------------------------------------- */

/* Dead: of another epoch than the bucket, so never answered. No epoch is ever used twice. */
typedef Entry { bool present; bool dead; byte row; byte snapshot; byte flushed };
Entry entry;

byte lease = NOBODY;     /* fence key: who holds it */
byte leaseFloor;         /* fence key: when it was taken (lease_at), which says whether the floor lived then; 0: it did not */
byte fences;             /* fence key: set of transactions */

bool ready = 1;          /* bucket memory: the table has an epoch and a floor */
bool claimed;            /* bucket memory: it has the set-up's new epoch, but no floor yet */
byte fillFloor;          /* bucket memory: every xid below must be visible to a fill; 0: none */

bool earlier;            /* bucket memory: its floor was read in the earlier history */

bool unverified;         /* Redis came back from a dump and nobody has compared the run_id yet */
bool told = !RESTORE;    /* the TRUNCATE event of the restored PostgreSQL's snapshot was applied */
bool lost;               /* Redis lost everything at least once; for the check of fills only */

/* ---- Expressions ----------------------------------------------------------------------------------------- */

#define HIT (entry.present && !entry.dead && ready && !unverified)
#define AT_REST (visible == BOTH && applied == 2)
/* snapshot.xmin >= floor: it sees every transaction whose xid is below */
#define BELOW(x, bound) (xid[x] != 0 && xid[x] < (bound))
#define SEES_BELOW(snapshot, bound) \
    ((!BELOW(1, bound) || ((snapshot) & 1)) && (!BELOW(2, bound) || ((snapshot) & 2)))
#define HIGHEST(x) (xid[x] >= xid[3 - (x)] || !(fences & BIT(3 - (x))))
#define HIGHEST_FENCE (((fences & 1) && HIGHEST(1)) -> xid[1] : ((fences & 2) -> xid[2] : 0))
#if FENCES == 3
#define SAW_FENCES(snapshot, position) \
    (SEES_BELOW(snapshot, HIGHEST_FENCE + 1) && SAW(BOTH, position, fences))
#else
#define SAW_FENCES(snapshot, position) SAW(snapshot, position, fences)
#endif
#define HOLDS_LEASE(me) (!LEASE || (lease == me))
/* By the numbers alone, what was read in the earlier history includes everything of the present one. */
#define OF_EARLIER(position) (RESTORE && (position) == EARLIER)
#define OTHER_HISTORY(position) (RESTORE && FILL_HISTORY && OF_EARLIER(position) != earlier)
/* No snapshot of the present history reaches the xids of the earlier one. */
#define FLOOR_OF_FILL ((LEASE && !FLOOR_AT_FILL) -> leaseFloor : fillFloor)
#define ABOVE_FLOOR(snapshot, position) \
    ((FLOOR_OF_FILL != EARLIER || OF_EARLIER(position)) && SEES_BELOW(snapshot, FLOOR_OF_FILL))
/*
 * What the invalidator has seen of PostgreSQL, now or before: a snapshot of before sees no more than one of now. While a restored
 * PostgreSQL takes over, it may still have seen the earlier one, in which all numbers of now are over.
 */
#define SEES_NOW (visible | ((CRASH && !crashed) -> BIT(2) : 0))
#define OVER_NOW(x) (restored && (!earlier || !SETTLE_HISTORY) && SAW(SEES_NOW, flushed, BIT(x)))
#define OVER_EARLIER (RESTORE && (earlier || !SETTLE_HISTORY))
#define SEEN_TO_BE_OVER(x) ((OVER_NOW(x) || OVER_EARLIER) -> BIT(x) : 0)
#define SETTLED(x) (SETTLE && ready && !unverified && (lease == NOBODY || SETTLE == 2) && (SETTLE == 3 || SEEN_TO_BE_OVER(x)))
#define MAY_KEEP (!KEPT_EPOCH || (!entry.dead && ready && !unverified))

inline endLease() { lease = NOBODY; leaseFloor = 0 }
inline dropEntry() { entry.present = 0; entry.dead = 0; entry.row = 0; entry.snapshot = 0; entry.flushed = 0 }
/* A lease of another epoch fills nothing, and neither do fences of another epoch hold anything up. */
inline newEpoch() {
    endLease(); ready = 0; fillFloor = 0; claimed = 0; earlier = 0; entry.dead = entry.present;
    if
    :: FENCE_EPOCH -> fences = 0
    :: else -> skip
    fi
}

/* ---- The writers ----------------------------------------------------------------------------------------- */

inline becomeVisible(x) {
    visible = visible | BIT(x);
    row++;
    if
    :: xid[x] >= xmax -> xmax = xid[x] + 1
    :: else -> skip
    fi;
    rowLock = NOBODY;
    printf("writer %d: its commit is visible now\n", x)
}

inline flush(x) {
    if
    :: flushed <= lsn[x] -> flushed = lsn[x] + 1
    :: else -> skip
    fi;
    printf("writer %d: its commit is flushed; its event can be decoded\n", x)
}

proctype Writer(byte x) {
    atomic {
        restored && (!CRASH || crashed || x == 1) ->
            xid[x] = nextXid; nextXid++;
            printf("writer %d: gets xid %d\n", x, xid[x])
    };
    atomic {
        rowLock == NOBODY -> rowLock = x;
        log[logged] = x; lsn[x] = logged; logged++;
        if
        :: !ASYNC -> flush(x)
        :: else -> skip
        fi;
        if
        :: !LAG || ASYNC -> becomeVisible(x)
        :: else -> skip
        fi
    };
    if
    :: ASYNC -> atomic { flush(x) }
    :: LAG && !ASYNC -> atomic { becomeVisible(x) }
    :: else -> skip
    fi
}

/* ---- The readers ----------------------------------------------------------------------------------------- */

#define TOKEN_HONOURED(x) ((visible & BIT(x)) && SAW(entry.snapshot, entry.flushed, BIT(x)) && \
    !(TOKEN_HISTORY && earlier))
#define INCLUDES(x) (entry.row != EARLIER && entry.row > lsn[x])

inline checkHit() {
    /* Until the restored PostgreSQL has been noticed, nothing is promised but what a caller's token asks for. */
    assert(!(CHECK & 1) || !told || (entry.row != EARLIER || !RESTORE) && entry.row >= applied);
    assert(!(CHECK & 1) || !told || !(early & 1) || INCLUDES(1));
    assert(!(CHECK & 1) || !told || !(early & 2) || INCLUDES(2));
    assert(!(CHECK & 2) || !told || !AT_REST || entry.row == row);
    /* The token of a write that was answered: the entry is taken to include it only if it does. */
    assert(!(CHECK & 16) || !TOKEN_HONOURED(1) || INCLUDES(1));
    assert(!(CHECK & 16) || !TOKEN_HONOURED(2) || INCLUDES(2))
}

inline lookupMissed(me) {
    lease = me;
    leaseFloor = fillFloor;
    printf("reader %d: misses, takes the lease\n", me)
}

#define MAY_LEASE ((REFRESH || !HIT) && ready && !unverified && (!LEASE || lease == NOBODY))

/* Before the crash a snapshot counts the first owner of transaction 2's later xid, which aborted, as done. */
inline load(me) {
    if
    :: restored ->
        snapshot = visible | ((CRASH && !crashed) -> BIT(2) : 0);
        value = row;
        position = flushed
    :: else ->
        snapshot = BOTH | LOST_TX; value = EARLIER; position = EARLIER
    fi;
    printf("reader %d: reads version %d by SQL\n", me, value)
}

inline fill(me) {
    if
    :: HOLDS_LEASE(me) && ready && !OTHER_HISTORY(position) && (!FENCE || SAW_FENCES(snapshot, position)) &&
        ABOVE_FLOOR(snapshot, position) ->
        printf("reader %d: stores version %d\n", me, value);
        entry.present = 1; entry.dead = 0; entry.row = value; entry.snapshot = snapshot; entry.flushed = position;
        endLease();
        /* Whoever may fill next takes a lease after this, so reads a later snapshot that sees as much. */
        if
        :: LEASE -> fences = 0
        :: else -> skip
        fi;
        assert(!(CHECK & 8) || !(AT_REST && (lost || !LOSE)))
    :: HOLDS_LEASE(me) && ready && OTHER_HISTORY(position) ->
        printf("reader %d: its fill is of another history, the table is forgotten\n", me);
        newEpoch()
    :: else ->
        printf("reader %d: its fill is refused\n", me);
        assert(!(CHECK & 4) || !told || !(HOLDS_LEASE(me) && ready && snapshot == BOTH && position == 2));
        if
        :: HOLDS_LEASE(me) || PRUNE_BY_ANYONE ->
            fences = fences & ~((SAW(snapshot, position, 1) -> 1 : 0) | (SAW(snapshot, position, 2) -> 2 : 0) |
                (SAW(snapshot, position, LOST_TX) -> LOST_TX : 0))
        :: else -> skip
        fi;
        if
        :: lease == me -> endLease()
        :: else -> skip
        fi
    fi
}

/*
 * A lease that is in force may expire at any time here, or never: to renew it, if it is still the holder's, is no step of
 * the model's. Only to renew more than that is.
 */
inline renew(me) {
    RENEW == 2 || lease == NOBODY -> lease = me;
    printf("reader %d: renews a lease that it does not have\n", me)
}

proctype Reader(byte me) {
    byte snapshot;
    byte value;
    byte position;
    do
    :: atomic { HIT -> printf("reader %d: hits version %d\n", me, entry.row); checkHit() }
    :: atomic { MAY_LEASE -> lookupMissed(me) };
        atomic { load(me) };
#if RENEW
        if
        :: atomic { renew(me) }
        :: skip
        fi;
#endif
        if
        :: atomic { fill(me); snapshot = 0; value = 0; position = 0 }
        :: atomic { snapshot = 0; value = 0; position = 0 }      /* the reader dies, or its fill is lost on the way */
        fi
    od
}

/* A reader whose Redis client sends a command again when no answer came: the first one may have been executed. */
proctype RetryingReader(byte me) {
    byte snapshot;
    byte value;
    byte position;
    atomic { MAY_LEASE -> lookupMissed(me) };
    atomic { load(me) };
    do
    :: atomic { MAY_LEASE -> lookupMissed((RETRY == 2 -> NOBODYS : me)); printf("reader %d: (a late duplicate)\n", me) }
    :: atomic { fill(me) }
    od
}

/* ---- Invalidation: the consumer of the change feed -------------------------------------------------------- */

inline apply(x) {
    printf("invalidator: applies the event of writer %d\n", x);
    if
    :: TRUNCATE && x == 2 -> newEpoch()
    :: else ->
        if
        :: FENCE && entry.present && MAY_KEEP && SAW(entry.snapshot, entry.flushed, BIT(x)) ->
            /*
             * Late or repeated: the entry stays. With leases no fence is needed: who may fill next takes a lease later
             * than this entry's, so sees what it saw. Without, an older reader may still overwrite it.
             */
            if
            :: !LEASE -> fences = fences | BIT(x)
            :: else -> skip
            fi
        :: else ->
            dropEntry();
            if
            /* Whoever takes a lease from here on loads later, and sees it. It may always be fenced: PostgreSQL is unreachable. */
            :: FENCE && SETTLED(x) -> fences = fences & ~(SEEN_TO_BE_OVER(1) | SEEN_TO_BE_OVER(2));
                printf("invalidator: it is over, and nobody loads: no fence\n")
            :: !FENCE -> endLease()
            :: FENCE && (FENCES == 0 || FENCES == 3) -> fences = fences | BIT(x)
            :: FENCE && FENCES == 1 -> fences = BIT(x)
            :: FENCE && FENCES == 2 -> fences = ((fences == 0 || xid[x] > HIGHEST_FENCE) -> BIT(x) : fences)
            fi
        fi
    fi
}

/* What capture holds it may send again at any time: it restarts, or Kafka has not acknowledged. No TRUNCATE goes this way. */
inline applyEarly(x) {
    sent = (EARLY == 2 -> sent | BIT(x) : 0);
    if
    :: !(TRUNCATE && x == 2) -> apply(x); early = early | BIT(x)
    :: skip
    fi
}

proctype Invalidator() {
    do
    /* Of the earlier history's feed there is something left to apply, of a transaction that no entry sees. */
    :: RESTORE -> atomic {
        !told && !(fences & LOST_TX) -> dropEntry(); fences = fences | LOST_TX;
        printf("invalidator: applies an event of the earlier history\n")
        }
    :: atomic {
        applied < flushed ->
        if
        :: EARLY == 2 && (sent & BIT(log[applied])) -> skip
        :: else -> apply(log[applied])
        fi;
        applied++
        }
    :: EARLY -> atomic { flushed > 0 -> applyEarly(log[0]) }
    :: EARLY -> atomic { flushed > 1 -> applyEarly(log[1]) }
    :: REPLAY -> atomic { applied > 0 -> apply(log[0]) }
    :: REPLAY -> atomic { applied > 1 -> apply(log[1]) }
    od
}

/* ---- Set-up of a table that the bucket does not know ------------------------------------------------------- */

inline readFloor() {
    if
    :: FLOOR == 0 -> aFloor = 0
    :: FLOOR == 1 -> aFloor = xmax
    :: FLOOR == 2 -> aFloor = (restored -> nextXid + ((CRASH && !crashed) -> 1 : 0) : EARLIER)
    fi;
    floorEarlier = !restored;
    printf("set-up: reads floor %d from SQL\n", aFloor)
}

/*
 * One process stands for all instances: as soon as another one has claimed, the last step of the first does
 * nothing, which is the same as if the first had died.
 */
proctype SetUp() {
    byte aFloor;
    bool floorEarlier;
    do
    :: CLAIM ->
        atomic { !ready -> newEpoch(); claimed = 1; printf("set-up: writes a new epoch\n") };
        atomic { readFloor() };
        atomic {
            if
            :: claimed ->
                ready = 1; fillFloor = aFloor; earlier = floorEarlier; claimed = 0;
                printf("set-up: writes the floor\n")
            :: skip                                /* it dies, or the epoch is no longer its own */
            fi;
            aFloor = 0; floorEarlier = 0
        }
    :: !CLAIM ->
        atomic { !ready -> readFloor() };
        atomic {
            newEpoch(); ready = 1; fillFloor = aFloor; earlier = floorEarlier; aFloor = 0; floorEarlier = 0;
            printf("set-up: writes epoch and floor\n")
        }
    od
}

/* ---- What Redis does by itself ------------------------------------------------------------------------------ */

proctype Redis() {
    do
    :: atomic { entry.present -> dropEntry(); printf("redis: the entry expires or is evicted\n") }
    :: atomic { lease != NOBODY -> endLease(); printf("redis: the lease expires\n") }
    :: EVICT -> atomic {
        fences != 0 && (EVICT_LAGGING || SEES_ALL(visible, fences)) ->
            fences = 0;
            if
            :: SIDECAR -> endLease(); printf("redis: evicts the fence key, or it expires\n")
            :: else -> printf("redis: evicts the fences\n")
            fi
        }
    :: LOSE -> atomic { ready || claimed -> newEpoch(); printf("redis: evicts the bucket's memory\n") }
    :: LOSE -> atomic {
        newEpoch(); dropEntry(); fences = 0; lost = ((CHECK & 8) != 0);
        printf("redis: loses everything\n")
        }
    /* A floor lives as long as a fence, and longer than any transaction; a lease that is renewed may outlive it. */
    :: atomic {
        fillFloor != 0 && fillFloor != EARLIER && SEES_BELOW(visible, fillFloor) -> fillFloor = 0;
        printf("redis: the floor is forgotten\n")
        }
    od
}

/* Redis restarts with an old dump; leases that had expired and events applied since are as they were then. */
proctype Dump() {
    bool entryPresent; bool entryDead; byte entryRow; byte entrySnapshot; byte entryFlushed;
    byte oldLease; byte oldFences; bool oldReady; bool oldClaimed; byte oldFloor;
    atomic {
        entryPresent = entry.present; entryDead = entry.dead;
        entryRow = entry.row; entrySnapshot = entry.snapshot; entryFlushed = entry.flushed;
        oldLease = lease; oldFences = fences; oldReady = ready; oldClaimed = claimed; oldFloor = fillFloor;
        printf("redis: writes a dump\n")
    };
    atomic {
        entry.present = entryPresent; entry.dead = entryDead;
        entry.row = entryRow; entry.snapshot = entrySnapshot; entry.flushed = entryFlushed;
        lease = oldLease; leaseFloor = oldFloor; fences = oldFences; ready = oldReady; claimed = oldClaimed; fillFloor = oldFloor;
        entryPresent = 0; entryDead = 0; entryRow = 0; entrySnapshot = 0; entryFlushed = 0;
        oldLease = NOBODY; oldFences = 0; oldReady = 0; oldClaimed = 0; oldFloor = 0;
        unverified = GUARD;
        printf("redis: restarts with the dump\n")
    };
    atomic { unverified -> newEpoch(); unverified = 0; printf("guard: finds a new run_id, forgets the table\n") }
}

/* A fails over to B, which has a copy of its memory; A comes back as B's replica and is promoted before it has caught up. */
proctype Failback() {
    bool entryPresent; bool entryDead; byte entryRow; byte entrySnapshot; byte entryFlushed;
    byte oldLease; byte oldFences; bool oldReady; bool oldClaimed; byte oldFloor;
    atomic {
        entryPresent = entry.present; entryDead = entry.dead;
        entryRow = entry.row; entrySnapshot = entry.snapshot; entryFlushed = entry.flushed;
        oldLease = lease; oldFences = fences; oldReady = ready; oldClaimed = claimed; oldFloor = fillFloor;
        unverified = 1;
        printf("redis: A is gone, B is promoted\n")
    };
    if
    :: atomic { unverified -> newEpoch(); unverified = 0; printf("guard: finds B's identity, forgets the table\n") }
    :: skip
    fi;
    atomic {
        entry.present = entryPresent; entry.dead = entryDead;
        entry.row = entryRow; entry.snapshot = entrySnapshot; entry.flushed = entryFlushed;
        lease = oldLease; leaseFloor = oldFloor; fences = oldFences; ready = oldReady; claimed = oldClaimed; fillFloor = oldFloor;
        entryPresent = 0; entryDead = 0; entryRow = 0; entrySnapshot = 0; entryFlushed = 0;
        oldLease = NOBODY; oldFences = 0; oldReady = 0; oldClaimed = 0; oldFloor = 0;
        unverified = PROMOTION;
        printf("redis: A is promoted again, with its own memory\n")
    };
    atomic { unverified -> newEpoch(); unverified = 0; printf("guard: finds A's new identity, forgets the table\n") }
}

proctype Crash() {
    atomic {
        xid[1] == 0 || (visible & BIT(1)) -> crashed = 1;
        printf("postgresql: crashes, recovers, will give xid %d a second time\n", nextXid)
    }
}

/* In between, the pool reads the restored one, and the cache still holds what was read before. */
proctype Restore() {
    atomic { restored = 1; printf("postgresql: is restored, to a history with lower xids and positions\n") };
    atomic {
        newEpoch(); told = 1;
        printf("invalidator: applies the TRUNCATE of the restored history, forgets the table\n")
    }
}

init {
    atomic {
        run Writer(1); run Writer(2);
        run Reader(1); run Reader(2);
        run Invalidator();
        run Redis();
        if
        :: LOSE || TRUNCATE || CRASH || DUMP || RESTORE || FAILBACK -> run SetUp()
        :: else -> skip
        fi;
        if
        :: RETRY -> run RetryingReader(3)
        :: else -> skip
        fi;
        if
        :: DUMP -> run Dump()
        :: else -> skip
        fi;
        if
        :: RESTORE -> earlier = 1; run Restore()
        :: FAILBACK -> run Failback()
        :: else -> skip
        fi;
        if
        :: CRASH -> run Crash()
        :: else -> skip
        fi
    }
}
