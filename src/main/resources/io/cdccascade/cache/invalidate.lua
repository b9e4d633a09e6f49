-- KEYS entry and sidecar of each fence in turn; ARGV life of a fence in ms, the fences.
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
local function join(sidecar, known, xid, lsn)
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
        call('HSET', sidecar, 'fences', table.concat(fences, ' '))
    else
        -- Too many to name: from here on every transaction up to the newest must be visible, and the log flushed
        -- beyond the last, which includes them.
        local newest, last = string.match(call('HGET', sidecar, 'upto') or fences[1], FENCE)
        for _, one in ipairs(fences) do
            local other, at = string.match(one, FENCE)
            if distance(tonumber(other), tonumber(newest)) > 0 then newest = other end
            last = later(last, at)
        end
        call('HDEL', sidecar, 'fences')
        call('HSET', sidecar, 'upto', newest .. '@' .. last)
    end
end

local function fence(sidecar, xid, lsn)
    if call('HSETNX', sidecar, 'fences', xid .. '@' .. lsn) == 0 then
        join(sidecar, call('HGET', sidecar, 'fences'), xid, lsn)
    end
    call('PEXPIREAT', sidecar, fenceEnd)
end

local stale = {}

local function apply(entry, sidecar, xid, lsn)
    local flushed = call('HGET', entry, 'lsn')
    -- No fence either: any lease is younger than this entry, so its load sees what the entry's load saw.
    if flushed and before(lsn, flushed) and visible(xid, call('HGET', entry, 'snapshot')) then return 'kept' end
    fence(sidecar, xid, lsn)
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
