-- KEYS fences, bucket of each lease in turn; ARGV table, lease in ms, how long after it was taken a lease may be renewed in
-- ms, then each lease.
-- Replies for each: renewed, lost (it has expired, or was used up, released, evicted or taken by another), forgotten.
-- Only a lease in force is renewed: one that has ended may have left with its fences, and is never made again.
local clock = now()
local replies = {}

local function renew(fences, bucket, lease)
    local held = redis.call('HMGET', fences, 'lease', 'lease_epoch', 'lease_at', 'lease_until')
    if held[1] ~= lease or tonumber(held[4]) <= clock then return 'lost' end
    if held[2] ~= recall(bucket, ARGV[1], clock) then return 'forgotten' end

    local latest = (held[3] + ARGV[3]) * 1000
    local lease_until = math.min(clock + ARGV[2] * 1000, math.max(latest, tonumber(held[4])))
    redis.call('HSET', fences, 'lease_until', text(lease_until))
    -- The fences beside the lease live on with it, so none that its fill must see ends before the lease does.
    if redis.call('PTTL', fences) < tonumber(ARGV[2]) then redis.call('PEXPIRE', fences, ARGV[2]) end
    return 'renewed'
end

for i = 1, #KEYS, 2 do replies[#replies + 1] = renew(KEYS[i], KEYS[i + 1], ARGV[3 + (i + 1) / 2]) end
return replies
