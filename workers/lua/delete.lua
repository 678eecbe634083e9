-- study id -> bytes freed. Results that another study also holds stay.
local study, freed = ARGV[1], 0
local mine = PREFIX .. 'study:' .. study .. ':keys'
local others = {}
for _, other in ipairs(redis.call('HKEYS', PREFIX .. 'studies')) do
  if other ~= study then
    for _, key in ipairs(redis.call('SMEMBERS', PREFIX .. 'study:' .. other .. ':keys')) do others[key] = true end
  end
end
for _, key in ipairs(redis.call('SMEMBERS', mine)) do
  if not others[key] then
    if is_open(key) then finish(key, 'cancelled', 'Its study was deleted.', {}) end
    freed = freed + tonumber(redis.call('HGET', SIZES, key) or 0)
    drop_result(key)
  end
end
redis.call('DEL', mine)
redis.call('HDEL', PREFIX .. 'studies', study)
redis.call('SREM', PREFIX .. 'pinned', study)
return freed
