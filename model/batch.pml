/*
 * Batches that never show half a transaction, as a Promela model: two rows, two transactions, a reader that has read each row
 * at a moment of its own and puts them together. RowVersion.java has the rule and the argument.
 *
 * Transaction 1 writes both rows, in any order, the second one perhaps in a savepoint, under an xid of its own. Transaction 2
 * writes one row or both. Row locks are held until a commit is visible.
 */

#ifndef RULE        /* rows are put together: 0: always; 1: if each one's writer is visible in the other's snapshot; 2: lies below its xmin */
#define RULE 2
#endif
#ifndef GONE        /* 1: transaction 1 deletes row 0, and who deleted it is not known; 2: no writer is known, as in a view */
#define GONE 0
#endif
#ifndef GUESS       /* an unknown writer is taken to be the last one that the row's own snapshot can see; 0: to be none */
#define GUESS 1
#endif
#ifndef CHECK       /* 32 no batch shows half a transaction; 64 nothing is ever put together (must fail) */
#define CHECK 32
#endif

#define NOBODY 0
#define BIT(x) (1 << (x))

byte nextXid = 1;
byte top[3];                    /* xid of transaction 1 and 2 */
byte over;                      /* set of transactions that have ended */
byte xmax = 1;                  /* one above the highest xid that has ended */
byte lock[2];                   /* who has the row's lock */
byte lockXid[2];                /* and under which xid it has written the row */
byte writer[2];                 /* of the row's visible version */
byte includes[2];               /* set of transactions whose writes that version includes */
byte wrote[3];                  /* set of rows that transaction 1 and 2 have written */

typedef Read { bool done; byte xmin; byte xmax; byte running; byte writer; byte includes };
Read read[2];

#define RUNNING(x) (top[x] != 0 && top[x] < xmax && !(over & BIT(x)))

inline newXid(xid) { xid = nextXid; nextXid++ }

inline becomeVisible(r) {
    if
    :: lock[r] == me && !(GONE == 1 && r == 0 && (includes[0] & BIT(1))) ->
        writer[r] = lockXid[r]; includes[r] = includes[r] | BIT(me); wrote[me] = wrote[me] | BIT(r)
    :: else -> skip
    fi
}

inline unlock(r) {
    if
    :: lock[r] == me -> lock[r] = NOBODY; lockXid[r] = 0
    :: else -> skip
    fi
}

proctype Writer(byte me) {
    byte xid;
    byte first;
    bool aborts;
    if
    :: first = 0
    :: first = 1
    fi;
    /* An xid is given before the row's lock, which may have to be waited for. */
    atomic { newXid(top[me]); xid = top[me]; printf("writer %d: gets xid %d\n", me, xid) };
    atomic { lock[first] == NOBODY -> lock[first] = me; lockXid[first] = xid; printf("writer %d: writes row %d\n", me, first) };
    if
    :: atomic { me == 1 -> newXid(xid); printf("writer %d: begins a savepoint, xid %d\n", me, xid) }
    :: skip
    fi;
    if
    :: atomic {
        lock[1 - first] == NOBODY -> lock[1 - first] = me; lockXid[1 - first] = xid;
        printf("writer %d: writes row %d\n", me, 1 - first)
        }
    :: atomic { lock[1 - first] != NOBODY -> aborts = true; printf("writer %d: is ended by a deadlock\n", me) }
    :: me == 2 -> skip
    fi;
    atomic {
        if
        :: !aborts -> becomeVisible(0); becomeVisible(1); printf("writer %d: is visible\n", me)
        :: else -> skip
        fi;
        over = over | BIT(me);
        if
        :: xid >= xmax -> xmax = xid + 1
        :: else -> skip
        fi
    };
    atomic { unlock(0); unlock(1) }
}

#define UNKNOWN_WRITER(r) (GONE == 2 || GONE == 1 && (r) == 0 && (includes[0] & BIT(1)))

proctype Reader(byte r) {
    do
    :: atomic {
        read[r].done = 1;
        read[r].xmax = xmax;
        read[r].running = (RUNNING(1) -> BIT(1) : 0) | (RUNNING(2) -> BIT(2) : 0);
        read[r].xmin = xmax;
        if
        :: RUNNING(1) && top[1] < read[r].xmin -> read[r].xmin = top[1]
        :: else -> skip
        fi;
        if
        :: RUNNING(2) && top[2] < read[r].xmin -> read[r].xmin = top[2]
        :: else -> skip
        fi;
        read[r].includes = includes[r];
        read[r].writer = (UNKNOWN_WRITER(r) -> (GUESS -> xmax - 1 : 0) : writer[r]);
        printf("reader: reads row %d, xmin %d, xmax %d, writer %d\n", r, read[r].xmin, xmax, read[r].writer)
        }
    od
}

#define SAME_SNAPSHOT \
    (read[0].xmin == read[1].xmin && read[0].xmax == read[1].xmax && read[0].running == read[1].running)
/* By PostgreSQL's rule for snapshots, which holds for top-level xids. */
#define VISIBLE(xid, j) ((xid) < read[j].xmin || (xid) < read[j].xmax && \
    !((xid) == top[1] && (read[j].running & BIT(1))) && !((xid) == top[2] && (read[j].running & BIT(2))))
#define BELOW(xid, j) ((xid) < read[j].xmin)
#define TOGETHER (SAME_SNAPSHOT || RULE == 0 || \
    RULE == 1 && VISIBLE(read[0].writer, 1) && VISIBLE(read[1].writer, 0) || \
    RULE == 2 && BELOW(read[0].writer, 1) && BELOW(read[1].writer, 0))
#define HALF(x) (wrote[x] == 3 && ((read[0].includes ^ read[1].includes) & BIT(x)))

proctype Batch() {
    atomic {
        read[0].done && read[1].done && TOGETHER -> printf("batch: rows that include %d and %d\n", read[0].includes, read[1].includes);
        assert(!(CHECK & 32) || !HALF(1) && !HALF(2));
        assert(!(CHECK & 64) || SAME_SNAPSHOT)
    }
}

init { atomic { run Writer(1); run Writer(2); run Reader(0); run Reader(1); run Batch() } }
