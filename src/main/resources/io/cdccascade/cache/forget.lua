-- KEYS buckets; ARGV table, 1 to forget what is known else 0, the fingerprint that entries have from here on or '', the
-- history that PostgreSQL is in or ''.
-- Gives the table a new epoch where it is unknown, of another history or to be forgotten, and takes its floor away: from
-- here on nothing is answered or filled until a floor read after this moment is set.
-- Replies for each bucket the epoch that waits for a floor, or ''.
local clock = now()
local present = identity(clock)
local waiting = {}
for i, bucket in ipairs(KEYS) do
    local known = redis.call('HMGET', bucket, ARGV[1] .. ':epoch', ARGV[1] .. ':identity', ARGV[1] .. ':floor',
        ARGV[1] .. ':fingerprint', ARGV[1] .. ':history')
    local unmarked = ARGV[3] ~= '' and not known[4] or known[3] and not known[5]
    local elsewhere = ARGV[4] ~= '' and (known[5] or '') ~= '' and known[5] ~= ARGV[4]
    if ARGV[2] == '1' or not known[1] or known[2] ~= present or unmarked or elsewhere then
        -- The clock makes an epoch that no lost memory can have used; the sum keeps it new within a microsecond.
        local epoch = text(math.max(clock, (tonumber(known[1]) or 0) + 1))
        redis.call('HSET', bucket, ARGV[1] .. ':epoch', epoch, ARGV[1] .. ':identity', present)
        redis.call('HDEL', bucket, ARGV[1] .. ':floor', ARGV[1] .. ':floor_until', ARGV[1] .. ':history')
        if ARGV[3] ~= '' then redis.call('HSET', bucket, ARGV[1] .. ':fingerprint', ARGV[3]) end
        waiting[i] = epoch
    else
        -- An epoch without a floor is shared by all who find it: each reads its floor after the epoch was made.
        waiting[i] = known[3] and '' or known[1]
    end
end
return waiting
