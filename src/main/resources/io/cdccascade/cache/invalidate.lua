-- KEYS entry and sidecar of each fence in turn; ARGV life of a fence in ms, then each fence's 32-bit xid.
-- Replies one verdict for each: kept, dropped, fenced (there was no entry).
local BOUND = 16
local verdicts = {}

local function fence(sidecar, xid)
    local known = redis.call('HMGET', sidecar, 'fences', 'upto')
    local xids = {}
    for other in string.gmatch(known[1] or '', '%d+') do
        if other ~= xid then xids[#xids + 1] = other end
    end
    xids[#xids + 1] = xid
    if #xids <= BOUND then
        redis.call('HSET', sidecar, 'fences', table.concat(xids, ' '))
    else
        -- Too many to name: from here on every transaction up to the newest must be visible, which includes them.
        local upto = known[2] or xids[1]
        for _, other in ipairs(xids) do
            if distance(tonumber(other), tonumber(upto)) > 0 then upto = other end
        end
        redis.call('HDEL', sidecar, 'fences')
        redis.call('HSET', sidecar, 'upto', upto)
    end
    redis.call('PEXPIRE', sidecar, ARGV[1])
end

for i = 1, #KEYS, 2 do
    local xid = ARGV[(i + 3) / 2]
    local snapshot = redis.call('HGET', KEYS[i], 'snapshot')
    if snapshot and seesFenced(snapshot, xid) then
        -- No fence either: any lease is younger than this entry, so its load sees what the entry's load saw.
        verdicts[#verdicts + 1] = 'kept'
    else
        verdicts[#verdicts + 1] = redis.call('UNLINK', KEYS[i]) == 1 and 'dropped' or 'fenced'
        fence(KEYS[i + 1], xid)
    end
end
return verdicts
