-- KEYS entry, sidecar, bucket; ARGV table, token, lease in ms, xid and LSN of a change the caller must see or '', '',
-- the shape that the entry has to have.
-- Replies {hit, row, snapshot, lsn, age} {absent, '', snapshot, lsn, age} {leased, lease} {busy, lease} {unseen}
-- {unknown} {reshaped}.
local epoch, _, _, shape = recall(KEYS[3], ARGV[1])
if not epoch then return {'unknown'} end
if shape ~= ARGV[6] then return {shape == '' and 'unknown' or 'reshaped'} end

local clock = now()
local entry = redis.call('HMGET', KEYS[1], 'epoch', 'snapshot', 'lsn', 'read_at', 'row')
if entry[1] == epoch then
    if ARGV[4] ~= '' and not saw(entry[2], entry[3], ARGV[4], ARGV[5]) then return {'unseen'} end
    local age = text(math.max(0, math.floor(clock / 1000) - entry[4]))
    if entry[5] then return {'hit', entry[5], entry[2], entry[3], age} end
    return {'absent', '', entry[2], entry[3], age}
end

local held = redis.call('HMGET', KEYS[2], 'lease', 'lease_epoch', 'lease_until')
if held[1] and held[2] == epoch and tonumber(held[3]) > clock then
    -- A client's retry of the call that took the lease gets the same lease again.
    if string.sub(held[1], 1, #ARGV[2] + 1) == ARGV[2] .. '@' then return {'leased', held[1]} end
    return {'busy', held[1]}
end

-- The time is part of the lease's name: a duplicate of this call that lands late makes a lease nobody holds,
-- so a duplicate of the fill that follows can never be accepted under it.
local lease = ARGV[2] .. '@' .. text(clock)
redis.call('HSET', KEYS[2], 'lease', lease, 'lease_epoch', epoch, 'lease_at', text(math.floor(clock / 1000)),
    'lease_until', text(clock + ARGV[3] * 1000))
-- The sidecar may hold fences, whose longer life must not be cut short.
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[2], ARGV[3]) end
return {'leased', lease}
