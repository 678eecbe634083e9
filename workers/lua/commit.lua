-- key, attempt, bytes, meta -> 'ok', 'cancelled', 'lost' or 'full', then bells
-- The one place where a result comes to be: what the attempt staged becomes the result, with its meta, at once.
local key, attempt, bytes = ARGV[1], ARGV[2], tonumber(ARGV[3])
local staging = PREFIX .. 'staging:' .. key .. ':' .. attempt
local standing, bells = fence(key, attempt), {}
if standing ~= 'ok' then
  redis.call('UNLINK', staging)
  return {standing}
end
if not make_room(bytes) then
  redis.call('UNLINK', staging)
  return {'full'}
end
redis.call('HSET', staging, 'meta', ARGV[4])
redis.call('PERSIST', staging)
redis.call('RENAME', staging, result_of(key))
redis.call('HSET', SIZES, key, bytes)
redis.call('ZADD', RESULTS, now(), key)
redis.call('HINCRBY', job_of(key), 'commits', 1)
set(key, 'fraction', 1)
finish(key, 'done', '', bells)
return {'ok', unpack(bells)}
