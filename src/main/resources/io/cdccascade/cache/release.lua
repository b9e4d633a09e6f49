-- KEYS fences; ARGV lease. Gives the lease back without a fill; the fences stay.
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then return {'lost'} end
redis.call('HDEL', KEYS[1], 'lease', 'lease_epoch', 'lease_at', 'lease_until')
return {'released'}
