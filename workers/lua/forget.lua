-- how many records to keep
-- Forgets the jobs asked for longest ago, once they are over and their results gone. What a study asks for is kept: its
-- parameters are needed to make it again.
local wanted = {}
for _, study in ipairs(redis.call('HKEYS', PREFIX .. 'studies')) do
  for _, key in ipairs(redis.call('SMEMBERS', PREFIX .. 'study:' .. study .. ':keys')) do wanted[key] = true end
end
for _, key in ipairs(redis.call('ZRANGE', PREFIX .. 'recent', 0, -1 - ARGV[1])) do
  if not wanted[key] and not is_open(key) and not exists(result_of(key)) then
    redis.call('DEL', job_of(key), PREFIX .. 'metrics:' .. key, PREFIX .. 'log:' .. key)
    redis.call('ZREM', PREFIX .. 'recent', key)
  end
end
