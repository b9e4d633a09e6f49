-- KEYS entry and sidecar of each fence in turn; ARGV life of a fence in ms, the fences.
-- Replies a verdict for each, with spaces between: kept, dropped, fenced (there was no entry).
local BOUND = 16

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
        redis.call('HSET', sidecar, 'fences', table.concat(fences, ' '))
    else
        -- Too many to name: from here on every transaction up to the newest must be visible, and the log flushed
        -- beyond the last, which includes them.
        local newest, last = string.match(redis.call('HGET', sidecar, 'upto') or fences[1], FENCE)
        for _, one in ipairs(fences) do
            local other, at = string.match(one, FENCE)
            if distance(tonumber(other), tonumber(newest)) > 0 then newest = other end
            last = later(last, at)
        end
        redis.call('HDEL', sidecar, 'fences')
        redis.call('HSET', sidecar, 'upto', newest .. '@' .. last)
    end
end

local function fence(sidecar, xid, lsn)
    local known = redis.call('HGET', sidecar, 'fences')
    if known then
        join(sidecar, known, xid, lsn)
    else
        redis.call('HSET', sidecar, 'fences', xid .. '@' .. lsn)
    end
    redis.call('PEXPIRE', sidecar, ARGV[1])
end

local function apply(entry, sidecar, xid, lsn)
    local read = redis.call('HMGET', entry, 'snapshot', 'lsn')
    -- No fence either: any lease is younger than this entry, so its load sees what the entry's load saw.
    if read[1] and saw(read[1], read[2], xid, lsn) then return 'kept' end
    fence(sidecar, xid, lsn)
    return read[1] and redis.call('UNLINK', entry) == 1 and 'dropped' or 'fenced'
end

local verdicts = {}
for xid, lsn in string.gmatch(ARGV[2], FENCE) do
    local i = #verdicts + 1
    verdicts[i] = apply(KEYS[2 * i - 1], KEYS[2 * i], xid, lsn)
end
return {table.concat(verdicts, ' ')}
