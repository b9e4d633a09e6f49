-- What the cache's scripts share; Java puts it in front of each of them.

-- Change events name a transaction by its low 32 bits, which wrap around: only distances mean anything.
local function distance(xid, from)
    return (xid - from + 2147483648) % 4294967296 - 2147483648
end

-- The 64-bit xid nearest to `near` with these low 32 bits. Doubles are exact up to 2^53, two million wraparounds.
local function widen(xid, near)
    local wide = near + distance(xid, near)
    -- No xid is negative: what would lie before the first one lies in the future, where it fences rather than not.
    return wide < 0 and wide + 4294967296 or wide
end

local function bounds(snapshot)
    local xmin, xmax, xip = string.match(snapshot, '^(%d+):(%d+):(.*)$')
    return tonumber(xmin), tonumber(xmax), xip
end

-- Whether a place in the log lies before the one up to which it was flushed. A crash can make PostgreSQL give an xid
-- again, but never a place in the log that was flushed. Doubles are exact up to 2^53, which is 9 PB of log.
local function before(lsn, flushed)
    return tonumber(lsn) < tonumber(flushed)
end

-- PostgreSQL's own rule (pg_visible_in_snapshot), for a snapshot's bounds.
local function visible_within(xid, xmin, xmax, xip)
    local wide = widen(tonumber(xid), xmax)
    if wide < xmin then return true end
    if wide >= xmax then return false end
    return not string.find(',' .. xip .. ',', ',' .. string.format('%.0f', wide) .. ',', 1, true)
end

local function visible(xid, snapshot)
    return visible_within(xid, bounds(snapshot))
end

-- Whether what was read under this snapshot, with the log flushed up to `flushed`, includes a transaction's change
-- whose place in the log is `lsn`.
local function saw(snapshot, flushed, xid, lsn)
    return before(lsn, flushed) and visible(xid, snapshot)
end

-- Fences are written xid@lsn, with spaces between, after the epoch in which they were written.
local FENCE = '(%d+)@(%d+)'

-- Whether these fences count in an epoch. Those of an earlier one do not: the epoch's floor was read after they were
-- written, so what a fill has to see of them it sees; and if PostgreSQL has another history since, no fill ever sees
-- their xids. Fences without an epoch are those of an earlier version of this project, and count.
local function count_in(epoch, fences)
    local of = fences and string.match(fences, '^(%d+) ')
    return not of or of == epoch
end

-- Microseconds since 1970 by Redis's clock, the only clock that leases, fences and floors know.
local function now()
    local time = redis.call('TIME')
    return time[1] * 1000000 + time[2]
end

-- Redis's own text of large numbers is in scientific notation, which loses digits.
local function text(number)
    return string.format('%.0f', number)
end

-- Which memory this is: this run of this server (run_id), since it last became a master (master_replid, which every
-- promotion changes). A restart from an old dump, a promoted replica, and a master that was a replica for a moment all
-- bring back an old memory under another identity. A function library remembers it, because INFO costs more than all the
-- rest of a lookup: run_id for as long as it lives, which is within one run, and master_replid for IDENTITY_MICROS, in
-- which no failover and failback fit. A script forgets it after every call and always asks.
local IDENTITY_MICROS = 1000
local run
local known_identity
local identity_asked = 0

local function field(info, name)
    local _, last = string.find(info, name, 1, true)
    return string.sub(info, last + 1, last + 16)
end

-- Redis refuses the scripts on a replica, but not on one that is set to take writes; its memory is not the truth either.
local function master()
    local info = redis.call('INFO', 'replication')
    if not string.find(info, 'role:master', 1, true) then
        error({err = 'READONLY This Redis is a replica: its memory is not the one that invalidations reach'})
    end
    return info
end

local function identity(clock)
    if not known_identity or clock - identity_asked > IDENTITY_MICROS or clock < identity_asked then
        run = run or field(redis.call('INFO', 'server'), 'run_id:')
        known_identity = run .. field(master(), 'master_replid:')
        identity_asked = clock
    end
    return known_identity
end

-- What the bucket knows of a table: epoch, floor, when the floor is forgotten, the fingerprint of its entries, the history
-- of PostgreSQL that floor and entries belong to. Nil when past fences may be lost.
local function recall(bucket, name, clock)
    local known = redis.call('HMGET', bucket, name .. ':epoch', name .. ':identity', name .. ':floor',
        name .. ':floor_until', name .. ':fingerprint', name .. ':history')
    if not known[3] or not known[6] or known[2] ~= identity(clock) then return nil end
    return known[1], tonumber(known[3]), tonumber(known[4]), known[5] or '', known[6]
end

-- An entry is one string: epoch, time of reading in ms, snapshot, LSN, writer and entity tag with spaces between, then, if there
-- is such a row, a line feed and the row.
local HEAD = '^(%d+) (%d+) (%S+) (%d+) '
