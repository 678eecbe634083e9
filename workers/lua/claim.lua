-- key, worker, lease seconds, version of the kind this worker knows -> outcome, attempt
local key, worker, lease, version = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if get(key, 'state') ~= 'queued' then return {'not queued', 0} end
if get(key, 'version') ~= version then return {'other version', 0} end
local missing = missing_inputs(key)
if #missing > 0 then
  wait_for(key, missing)
  return {'inputs missing', 0}
end
-- A server that was killed forgets up to a second, perhaps a claim in it whose worker still computes: its number is skipped.
local run = server('run_id')
local attempt = redis.call('HINCRBY', job_of(key), 'attempt', get(key, 'run') == run and 1 or 2)
set(key, 'run', run, 'state', 'running', 'worker', worker, 'started', now(), 'lease_until', now() + lease)
redis.call('HDEL', job_of(key), 'fraction', 'stage', 'message', 'points', 'thinned', 'previews')
redis.call('DEL', PREFIX .. 'metrics:' .. key)
redis.call('HSET', PREFIX .. 'worker:' .. worker, 'job', key, 'attempt', attempt)
for _, input in pairs(inputs_of(key)) do redis.call('ZADD', RESULTS, now(), input) end
add_log(key, 'attempt ' .. attempt .. ' on ' .. worker)
return {'claimed', attempt}
