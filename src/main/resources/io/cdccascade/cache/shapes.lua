-- KEYS buckets; ARGV table. Replies for each bucket the shape of the table's entries, or ''.
local shapes = {}
for i, bucket in ipairs(KEYS) do
    shapes[i] = redis.call('HGET', bucket, ARGV[1] .. ':shape') or ''
end
return shapes
