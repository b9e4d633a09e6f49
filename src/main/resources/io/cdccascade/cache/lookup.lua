-- KEYS entry, fences, bucket of each key in turn; ARGV table, token, lease in ms, the fingerprint that entries must have, 1 to
-- lease only keys that have an entry, so that it is loaded again, else 0.
-- Replies three values for each key: {hit, entry, 'age in ms, a space, history'} {leased, lease, ''} {busy, lease, ''} {unknown, '', ''}
-- {reshaped, '', ''} {gone, '', ''}.
local clock = now()
local replies = {}
local buckets = {}

local function reply(...)
    for _, value in ipairs({...}) do replies[#replies + 1] = value end
end

local function look(key, fences, bucket)
    local memory = buckets[bucket]
    if not memory then
        local epoch, _, _, fingerprint, history = recall(bucket, ARGV[1], clock)
        memory = {epoch = epoch, fingerprint = fingerprint, history = history}
        buckets[bucket] = memory
    end
    local epoch = memory.epoch
    if not epoch then return reply('unknown', '', '') end
    if memory.fingerprint ~= ARGV[4] then
        return reply(memory.fingerprint == '' and 'unknown' or 'reshaped', '', '')
    end

    -- An earlier version of this project kept hashes under these names.
    local entry = redis.pcall('GET', key)
    if type(entry) == 'string' then
        local of, read_at = string.match(entry, '^(%d+) (%d+) ')
        if of ~= epoch then
            entry = nil
        elseif ARGV[5] == '0' then
            return reply('hit', entry, text(math.max(0, math.floor(clock / 1000) - read_at)) .. ' ' .. memory.history)
        end
    end
    if ARGV[5] == '1' and type(entry) ~= 'string' then return reply('gone', '', '') end

    local held = redis.call('HMGET', fences, 'lease', 'lease_epoch', 'lease_until')
    if held[1] and held[2] == epoch and tonumber(held[3]) > clock then
        -- A client's retry of the call that took the lease gets the same lease again.
        if string.sub(held[1], 1, #ARGV[2] + 1) == ARGV[2] .. '@' then return reply('leased', held[1], '') end
        return reply('busy', held[1], '')
    end

    -- The time is part of the lease's name: a duplicate of this call that lands late makes a lease nobody holds,
    -- so a duplicate of the fill that follows can never be accepted under it.
    local lease = ARGV[2] .. '@' .. text(clock)
    redis.call('HSET', fences, 'lease', lease, 'lease_epoch', epoch, 'lease_at', text(math.floor(clock / 1000)),
        'lease_until', text(clock + ARGV[3] * 1000))
    -- Fences stand beside the lease, and their longer life must not be cut short.
    if redis.call('PTTL', fences) < tonumber(ARGV[3]) then redis.call('PEXPIRE', fences, ARGV[3]) end
    return reply('leased', lease, '')
end

for i = 1, #KEYS, 3 do look(KEYS[i], KEYS[i + 1], KEYS[i + 2]) end
return replies
