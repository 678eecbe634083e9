-- worker, milliseconds until it counts as silent, then fields and values of its record
local worker, record = ARGV[1], PREFIX .. 'worker:' .. ARGV[1]
redis.call('HSET', record, unpack(ARGV, 3))
redis.call('PEXPIRE', record, ARGV[2])
redis.call('ZADD', PREFIX .. 'workers', 0, worker)
