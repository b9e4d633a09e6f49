-- KEYS buckets; ARGV table, floor, the history that it belongs to or '', life of a fence in ms, then each bucket's epoch
-- the floor was read for.
-- A bucket that has lost that epoch meanwhile has lost fences that this floor does not cover, and is left alone.
local clock = now()
local floorUntil = text(clock + ARGV[4] * 1000)
local present = identity(clock)
local set = {}
for i, bucket in ipairs(KEYS) do
    local known = redis.call('HMGET', bucket, ARGV[1] .. ':epoch', ARGV[1] .. ':identity', ARGV[1] .. ':floor')
    if known[1] == ARGV[i + 4] and known[2] == present and not known[3] then
        redis.call('HSET', bucket, ARGV[1] .. ':floor', ARGV[2], ARGV[1] .. ':floor_until', floorUntil,
            ARGV[1] .. ':history', ARGV[3])
        set[#set + 1] = bucket
    end
end
return set
