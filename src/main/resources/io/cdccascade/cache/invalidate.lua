-- KEYS entry and sidecar of each fence in turn; ARGV life of a fence in ms, then each fence's xid and LSN.
-- Replies one verdict for each: kept, dropped, fenced (there was no entry).
local BOUND = 16
local verdicts = {}

local function later(lsn, other)
    return tonumber(other) > tonumber(lsn) and other or lsn
end

local function fence(sidecar, xid, lsn)
    local known = redis.call('HMGET', sidecar, 'fences', 'upto')
    local fences = {}
    for other, at in string.gmatch(known[1] or '', FENCE) do
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
        local upto, last = string.match(known[2] or fences[1], FENCE)
        for _, one in ipairs(fences) do
            local other, at = string.match(one, FENCE)
            if distance(tonumber(other), tonumber(upto)) > 0 then upto = other end
            last = later(last, at)
        end
        redis.call('HDEL', sidecar, 'fences')
        redis.call('HSET', sidecar, 'upto', upto .. '@' .. last)
    end
    redis.call('PEXPIRE', sidecar, ARGV[1])
end

for i = 1, #KEYS, 2 do
    local xid, lsn = ARGV[i + 1], ARGV[i + 2]
    local entry = redis.call('HMGET', KEYS[i], 'snapshot', 'lsn')
    if entry[1] and saw(entry[1], entry[2], xid, lsn) then
        -- No fence either: any lease is younger than this entry, so its load sees what the entry's load saw.
        verdicts[#verdicts + 1] = 'kept'
    else
        verdicts[#verdicts + 1] = redis.call('UNLINK', KEYS[i]) == 1 and 'dropped' or 'fenced'
        fence(KEYS[i + 1], xid, lsn)
    end
end
return verdicts
