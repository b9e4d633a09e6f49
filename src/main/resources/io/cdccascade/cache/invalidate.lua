-- KEYS entry, fences, bucket of each change in turn; ARGV tables with colons between, life of a fence in ms, for each change
-- the place of its table, a slash and its fence, with spaces between, the history of
-- PostgreSQL in which the changes were made or '', which is that of the entries; what the caller has seen of PostgreSQL before:
-- its history, a snapshot and the LSN flushed, with spaces between, or ''.
-- Replies a verdict for each, with spaces between: kept; dropped; if there was no entry, fenced, or settled: no fence is needed.
local BOUND = 16
master()

-- This script is what bounds how many changes a second can be applied: what would be the same for every key is looked
-- up once, and a call to Redis that can be spared is spared.
local call = redis.call
local clock = now()
local fenceEnd = text(math.floor(clock / 1000) + ARGV[2])
local memories = {}
for name in string.gmatch(ARGV[1], '[^:]+') do memories[#memories + 1] = {table = name} end

-- What the bucket remembers of a table; `epoch` is the one it has, though fences may be lost.
local function memory(bucket, place)
    local of = memories[tonumber(place)]
    if not of[bucket] then
        local epoch = call('HGET', bucket, of.table .. ':epoch') or '0'
        of[bucket] = {table = of.table, bucket = bucket, epoch = epoch, prefix = epoch .. ' '}
    end
    return of[bucket]
end

-- The epoch in which fences and entries count, false if fences may be lost, and its history.
local function current(known)
    if known.current == nil then
        local epoch, _, _, _, history = recall(known.bucket, known.table, clock)
        known.current, known.history = epoch or false, history
    end
    return known.current, known.history
end

-- Whether entries of this epoch may stay: positions and xids of another epoch may be those of another history.
local function present(epoch, known)
    local now_epoch, history = current(known)
    return epoch == now_epoch and (ARGV[4] == '' or history == '' or ARGV[4] == history)
end

-- What the caller has seen says nothing about changes to what was read in another history.
local seen_history, seen_snapshot, seen_flushed = string.match(ARGV[5] or '', '^(%S*) (%S+) (%d+)$')
local seen_xmin, seen_xmax, seen_xip = bounds(seen_snapshot or '')

local function comparable(known)
    local epoch, history = current(known)
    return epoch and history == seen_history
end

local function over(xid, lsn)
    return before(lsn, seen_flushed) and visible_within(xid, seen_xmin, seen_xmax, seen_xip)
end

local function later(lsn, other)
    return tonumber(other) > tonumber(lsn) and other or lsn
end

-- Puts a fence beside those that are there and still count.
local function join(fences_key, epoch, there, xid, lsn)
    local fences = {}
    for other, at in string.gmatch(count_in(epoch, there) and there or '', FENCE) do
        if other ~= xid then
            fences[#fences + 1] = other .. '@' .. at
        else
            -- Its event names an earlier place than the write's own fence does. The later one stands for both.
            lsn = later(lsn, at)
        end
    end
    fences[#fences + 1] = xid .. '@' .. lsn
    if #fences <= BOUND then
        call('HSET', fences_key, 'fences', epoch .. ' ' .. table.concat(fences, ' '))
    else
        -- Too many to name: from here on every transaction up to the newest must be visible, and the log flushed
        -- beyond the last, which includes them.
        local upto = call('HGET', fences_key, 'upto')
        local newest, last = string.match(upto and count_in(epoch, upto) and upto or fences[1], FENCE)
        for _, one in ipairs(fences) do
            local other, at = string.match(one, FENCE)
            if distance(tonumber(other), tonumber(newest)) > 0 then newest = other end
            last = later(last, at)
        end
        call('HDEL', fences_key, 'fences')
        call('HSET', fences_key, 'upto', epoch .. ' ' .. newest .. '@' .. last)
    end
end

local function fence(fences_key, known, change, xid, lsn)
    if call('HSETNX', fences_key, 'fences', known.prefix .. change) == 0 then
        join(fences_key, known.epoch, call('HGET', fences_key, 'fences'), xid, lsn)
    end
    call('PEXPIREAT', fences_key, fenceEnd)
end

-- A change that is over, of an entry that nobody is loading, needs no fence, and neither do others that are over: whoever loads
-- from here on sees them. A load that runs may have begun before, so beside a lease the fence stays, as long as the lease lives.
local function settle(fences_key, epoch, xid, lsn)
    local there = call('HMGET', fences_key, 'lease', 'fences', 'upto')
    if there[1] then
        join(fences_key, epoch, there[2], xid, lsn)
        return 'fenced'
    end
    if not there[2] and not there[3] then return 'settled' end
    local upto, upto_lsn = string.match(count_in(epoch, there[3]) and there[3] or '', FENCE)
    if upto and not (widen(tonumber(upto), seen_xmax) < seen_xmin and before(upto_lsn, seen_flushed)) then
        return 'fenced'
    end
    local unseen = {}
    for other, at in string.gmatch(count_in(epoch, there[2]) and there[2] or '', FENCE) do
        if not over(other, at) then unseen[#unseen + 1] = other .. '@' .. at end
    end
    if #unseen == 0 then
        call('DEL', fences_key)
    else
        call('HSET', fences_key, 'fences', epoch .. ' ' .. table.concat(unseen, ' '))
        call('HDEL', fences_key, 'upto')
    end
    return 'settled'
end

local stale = {}

-- The entry's epoch, and what its read saw: snapshot and log. Only the head is fetched, because rows may be large.
local function read_point(entry)
    local start = redis.pcall('GETRANGE', entry, 0, 127)
    -- An earlier version of this project kept hashes under these names; no reader takes them for entries.
    if type(start) ~= 'string' or start == '' then return nil end
    local epoch, _, snapshot, flushed = string.match(start, HEAD)
    if not flushed then epoch, _, snapshot, flushed = string.match(call('GET', entry), HEAD) end
    return epoch, snapshot, flushed
end

local function apply(entry, fences_key, known, change, xid, lsn)
    local epoch, snapshot, flushed = read_point(entry)
    -- No fence either: any lease is younger than this entry, so its load sees what the entry's load saw.
    if flushed and before(lsn, flushed) and visible(xid, snapshot) and present(epoch, known) then return 'kept' end
    local verdict = 'fenced'
    if seen_flushed and over(xid, lsn) and comparable(known) then
        verdict = settle(fences_key, known.epoch, xid, lsn)
    else
        fence(fences_key, known, change, xid, lsn)
    end
    if not flushed then return verdict end
    stale[#stale + 1] = entry
    return 'dropped'
end

local verdicts = {}
for place, change, xid, lsn in string.gmatch(ARGV[3], '(%d+)/(' .. FENCE .. ')') do
    local i = #verdicts + 1
    verdicts[i] = apply(KEYS[3 * i - 2], KEYS[3 * i - 1], memory(KEYS[3 * i], place), change, xid, lsn)
end
if #stale > 0 then call('UNLINK', unpack(stale)) end
return {table.concat(verdicts, ' ')}
