-- KEYS buckets; ARGV table. Replies for each bucket the fingerprint of the table's entries, or ''.
local fingerprints = {}
for i, bucket in ipairs(KEYS) do
    fingerprints[i] = redis.call('HGET', bucket, ARGV[1] .. ':fingerprint') or ''
end
return fingerprints
