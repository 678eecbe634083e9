-- key, kind, version, params, inputs, queue, max attempts, place of its files -> outcome, then bells
local key = ARGV[1]
local bells = {}
redis.call('ZADD', PREFIX .. 'recent', now(), key)
if exists(result_of(key)) then
  redis.call('ZADD', RESULTS, now(), key)
  return {'done'}
end
if is_open(key) then return {'attached'} end
-- The attempt number is never reset: a worker that still computes an older attempt must stay locked out.
redis.call('HDEL', job_of(key), 'error', 'started', 'finished', 'fraction', 'stage', 'message', 'worker', 'points',
  'thinned')
redis.call('DEL', PREFIX .. 'metrics:' .. key, PREFIX .. 'log:' .. key)
set(key, 'kind', ARGV[2], 'version', ARGV[3], 'params', ARGV[4], 'inputs', ARGV[5], 'queue', ARGV[6],
  'max_attempts', ARGV[7], 'deaths', 0, 'submitted', now(), 'run', server('run_id'), 'place', ARGV[8])
redis.call('HSETNX', job_of(key), 'attempt', 0)
redis.call('SADD', OPEN, key)
local missing = missing_inputs(key)
if #missing > 0 then
  wait_for(key, missing)
  return {'waiting'}
end
queue(key, bells)
return {'queued', unpack(bells)}
