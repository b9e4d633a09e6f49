-- KEYS entry, fences, bucket of each change in turn; ARGV table, life of a fence in ms, the fences, the history of
-- PostgreSQL in which the changes were made or '', which is that of the entries.
-- Replies a verdict for each, with spaces between: kept, dropped, fenced (there was no entry).
local BOUND = 16
master()

-- This script is what bounds how many changes a second can be applied: what would be the same for every key is looked
-- up once, and a call to Redis that can be spared is spared.
local call = redis.call
local clock = now()
local fenceEnd = text(math.floor(clock / 1000) + ARGV[2])
local EPOCH = ARGV[1] .. ':epoch'
local memories = {}

-- What the bucket remembers of the table; `epoch` is the one it has, though fences may be lost.
local function memory(bucket)
    local epoch = call('HGET', bucket, EPOCH) or '0'
    local known = {bucket = bucket, epoch = epoch, prefix = epoch .. ' '}
    memories[bucket] = known
    return known
end

-- Whether entries of this epoch may stay: positions and xids of another epoch may be those of another history.
local function present(epoch, known)
    if known.present == nil then
        local now_epoch, _, _, _, history = recall(known.bucket, ARGV[1], clock)
        known.present = now_epoch and (ARGV[4] == '' or history == '' or ARGV[4] == history) and now_epoch or false
    end
    return epoch == known.present
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

local function apply(entry, fences_key, bucket, change, xid, lsn)
    local known = memories[bucket] or memory(bucket)
    local epoch, snapshot, flushed = read_point(entry)
    -- No fence either: any lease is younger than this entry, so its load sees what the entry's load saw.
    if flushed and before(lsn, flushed) and visible(xid, snapshot) and present(epoch, known) then return 'kept' end
    fence(fences_key, known, change, xid, lsn)
    if not flushed then return 'fenced' end
    stale[#stale + 1] = entry
    return 'dropped'
end

local verdicts = {}
for change, xid, lsn in string.gmatch(ARGV[3], '(' .. FENCE .. ')') do
    local i = #verdicts + 1
    verdicts[i] = apply(KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i], change, xid, lsn)
end
if #stale > 0 then call('UNLINK', unpack(stale)) end
return {table.concat(verdicts, ' ')}
