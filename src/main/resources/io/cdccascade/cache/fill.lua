-- KEYS entry, fences, bucket; ARGV table, lease, snapshot, LSN flushed, entity tag, 1 if there is a row else 0, row, time
-- to live in ms, the history that was read or '', writer.
-- Replies {stored} or why not: {lost} {forgotten} {history} {floor} {fenced}.
local held = redis.call('HMGET', KEYS[2], 'lease', 'lease_epoch', 'lease_at', 'lease_until', 'fences', 'upto')
local clock = now()
if held[1] ~= ARGV[2] or tonumber(held[4]) <= clock then return {'lost'} end

local function refuse(reason)
    redis.call('HDEL', KEYS[2], 'lease', 'lease_epoch', 'lease_at', 'lease_until')
    return {reason}
end

local epoch, floor, floorUntil, _, history = recall(KEYS[3], ARGV[1], clock)
if epoch ~= held[2] then return refuse('forgotten') end
-- Floor and fences say nothing about a read of another history.
if ARGV[9] ~= '' and history ~= '' and ARGV[9] ~= history then return refuse('history') end

local xmin, xmax = bounds(ARGV[3])
-- Fences of transactions below the floor may be lost, so all of those must be over. A floor that has ended counts for a
-- lease that was taken before: the row may have been read then, and a lease that is renewed may outlive the floor.
if held[3] * 1000 < floorUntil and xmin < floor then return refuse('floor') end

-- Fences that this snapshot sees are spent: whoever takes the lease next loads later and sees them too. Only the
-- holder of the lease may say so; a snapshot older than somebody's present lease proves nothing about a newer one.
local unseen = {}
for xid, lsn in string.gmatch(count_in(epoch, held[5]) and held[5] or '', FENCE) do
    if not saw(ARGV[3], ARGV[4], xid, lsn) then unseen[#unseen + 1] = xid .. '@' .. lsn end
end
local upto, uptoLsn = string.match(count_in(epoch, held[6]) and held[6] or '', FENCE)
local past = not upto or widen(tonumber(upto), xmax) < xmin and before(uptoLsn, ARGV[4])
if #unseen > 0 or not past then
    if #unseen > 0 then
        redis.call('HSET', KEYS[2], 'fences', epoch .. ' ' .. table.concat(unseen, ' '))
    else
        redis.call('HDEL', KEYS[2], 'fences')
    end
    if past then redis.call('HDEL', KEYS[2], 'upto') end
    return refuse('fenced')
end

redis.call('DEL', KEYS[2])
-- The row was read after the lease was taken: counting its age from there never makes it look younger than it is.
local entry = table.concat({epoch, held[3], ARGV[3], ARGV[4], ARGV[10], ARGV[5]}, ' ')
if ARGV[6] == '1' then entry = entry .. '\n' .. ARGV[7] end
redis.call('SET', KEYS[1], entry, 'PX', ARGV[8])
return {'stored'}
