-- worker -> bells. Somebody saw this worker end: its jobs need not wait for their leases to run out.
local worker, bells = ARGV[1], {}
for _, key in ipairs(redis.call('SMEMBERS', OPEN)) do
  if get(key, 'state') == 'running' and get(key, 'worker') == worker then requeue_after_death(key, bells) end
end
redis.call('DEL', PREFIX .. 'worker:' .. worker)
redis.call('ZREM', PREFIX .. 'workers', worker)
return bells
