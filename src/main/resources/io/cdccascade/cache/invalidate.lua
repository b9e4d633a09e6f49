-- KEYS entry and fences of each change in turn; ARGV life of a fence in ms, the fences.
-- Replies a verdict for each, with spaces between: kept, dropped, fenced (there was no entry).
local BOUND = 16

-- This script is what bounds how many changes a second can be applied: what would be the same for every key is looked
-- up once, and a call to Redis that can be spared is spared.
local call = redis.call
local fenceEnd = text(math.floor(now() / 1000) + ARGV[1])

local function later(lsn, other)
    return tonumber(other) > tonumber(lsn) and other or lsn
end

-- Puts a fence beside those that are there.
local function join(fences_key, known, xid, lsn)
    local fences = {}
    for other, at in string.gmatch(known, FENCE) do
        if other ~= xid then
            fences[#fences + 1] = other .. '@' .. at
        else
            -- Its event names an earlier place than the write's own fence does. The later one stands for both.
            lsn = later(lsn, at)
        end
    end
    fences[#fences + 1] = xid .. '@' .. lsn
    if #fences <= BOUND then
        call('HSET', fences_key, 'fences', table.concat(fences, ' '))
    else
        -- Too many to name: from here on every transaction up to the newest must be visible, and the log flushed
        -- beyond the last, which includes them.
        local newest, last = string.match(call('HGET', fences_key, 'upto') or fences[1], FENCE)
        for _, one in ipairs(fences) do
            local other, at = string.match(one, FENCE)
            if distance(tonumber(other), tonumber(newest)) > 0 then newest = other end
            last = later(last, at)
        end
        call('HDEL', fences_key, 'fences')
        call('HSET', fences_key, 'upto', newest .. '@' .. last)
    end
end

local function fence(fences_key, xid, lsn)
    if call('HSETNX', fences_key, 'fences', xid .. '@' .. lsn) == 0 then
        join(fences_key, call('HGET', fences_key, 'fences'), xid, lsn)
    end
    call('PEXPIREAT', fences_key, fenceEnd)
end

local stale = {}

-- What the entry's read saw: snapshot and log. Only the head is fetched, because rows may be large.
local function read_point(entry)
    local start = redis.pcall('GETRANGE', entry, 0, 127)
    -- An earlier version of this project kept hashes under these names; no reader takes them for entries.
    if type(start) ~= 'string' or start == '' then return nil end
    local _, _, snapshot, flushed = string.match(start, HEAD)
    if not flushed then _, _, snapshot, flushed = string.match(call('GET', entry), HEAD) end
    return snapshot, flushed
end

local function apply(entry, fences_key, xid, lsn)
    local snapshot, flushed = read_point(entry)
    -- No fence either: any lease is younger than this entry, so its load sees what the entry's load saw.
    if flushed and before(lsn, flushed) and visible(xid, snapshot) then return 'kept' end
    fence(fences_key, xid, lsn)
    if not flushed then return 'fenced' end
    stale[#stale + 1] = entry
    return 'dropped'
end

local verdicts = {}
for xid, lsn in string.gmatch(ARGV[2], FENCE) do
    local i = #verdicts + 1
    verdicts[i] = apply(KEYS[2 * i - 1], KEYS[2 * i], xid, lsn)
end
if #stale > 0 then call('UNLINK', unpack(stale)) end
return {table.concat(verdicts, ' ')}
