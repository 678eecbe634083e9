-- Shared by every script: prepended to each when it is loaded. Names as in workers/names.py.
-- A script runs alone in the server, so what it reads it may also change: that is where jobs cannot be lost.

local PREFIX = 'darkroom:'
local OPEN, RESULTS, SIZES = PREFIX .. 'open', PREFIX .. 'results', PREFIX .. 'sizes'
local LOG_LINES, METRIC_POINTS = 200, 2000

-- A server that is out of memory lets a script write only when it has written before. Notes of a few bytes must always
-- be possible, or nobody could even say that a job has failed, or delete a study: so every script "writes" first.
redis.call('DEL', PREFIX .. 'nothing')

local function job_of(key) return PREFIX .. 'job:' .. key end
local function result_of(key) return PREFIX .. 'result:' .. key end
local function waiters_of(key) return PREFIX .. 'waiters:' .. key end
local function exists(name) return redis.call('EXISTS', name) == 1 end

-- One clock for all machines: the server's.
local function now()
  local t = redis.call('TIME')
  return tonumber(t[1]) + tonumber(t[2]) / 1e6
end

-- A fact about the server, such as 'run_id', which is another after each start.
local function server(fact) return string.match(redis.call('INFO', 'server'), fact .. ':(%w+)') end

local function get(key, field) return redis.call('HGET', job_of(key), field) end
local function set(key, ...) redis.call('HSET', job_of(key), ...) end

local function is_open(key)
  local state = get(key, 'state')
  return state == 'waiting' or state == 'queued' or state == 'running'
end

local function add_log(key, line)
  local list = PREFIX .. 'log:' .. key
  redis.call('RPUSH', list, line)
  redis.call('LTRIM', list, -LOG_LINES, -1)
end

-- The curve keeps its whole course, evenly: each time the list is full every second point goes, and from then on only
-- every second, fourth, eighth ... point stays. The newest is always there, be it until the next one comes.
local function add_metrics(key, points)
  local list = PREFIX .. 'metrics:' .. key
  local seen = tonumber(get(key, 'points') or 0)
  local stride = 2 ^ tonumber(get(key, 'thinned') or 0)
  for _, point in ipairs(points) do
    if seen > 0 and (seen - 1) % stride ~= 0 then redis.call('RPOP', list) end
    redis.call('RPUSH', list, point)
    seen = seen + 1
    if redis.call('LLEN', list) > METRIC_POINTS then
      local all, kept = redis.call('LRANGE', list, 0, -1), {}
      for i = 1, #all, 2 do table.insert(kept, all[i]) end -- 2,001 points: the first and the last stay
      redis.call('DEL', list)
      redis.call('RPUSH', list, unpack(kept))
      stride = stride * 2
      redis.call('HINCRBY', job_of(key), 'thinned', 1)
    end
  end
  set(key, 'points', seen)
end

local function inputs_of(key) return cjson.decode(get(key, 'inputs') or '{}') end

local function missing_inputs(key)
  local missing = {}
  for _, input in pairs(inputs_of(key)) do
    if not exists(result_of(input)) then table.insert(missing, input) end
  end
  return missing
end

-- `bells` collects what the caller must ring: pairs of job key and queue.
local function queue(key, bells)
  set(key, 'state', 'queued', 'rung', now(), 'rings', 1)
  redis.call('HDEL', job_of(key), 'lease_until', 'worker')
  table.insert(bells, key)
  table.insert(bells, get(key, 'queue'))
end

local function wait_for(key, missing)
  set(key, 'state', 'waiting')
  for _, input in ipairs(missing) do redis.call('SADD', waiters_of(input), key) end
end

-- Why a job ends whose input has ended. The input at the root is named, not each one between.
local function because_of(input, state, reason)
  if string.sub(reason, 1, 10) == 'Its input ' then return reason end
  local verb = state == 'cancelled' and '" was cancelled' or '" failed'
  return 'Its input "' .. get(input, 'kind') .. verb .. (reason ~= '' and (': ' .. reason) or '.')
end

-- Ends a job; those that waited for it are queued when it is done, and end with it, naming it, when it is not.
local function finish(key, state, reason, bells)
  set(key, 'state', state, 'finished', now(), 'error', reason)
  redis.call('HDEL', job_of(key), 'lease_until')
  redis.call('SREM', OPEN, key)
  local waiters = redis.call('SMEMBERS', waiters_of(key))
  redis.call('DEL', waiters_of(key))
  for _, waiter in ipairs(waiters) do
    if get(waiter, 'state') == 'waiting' then
      if state == 'done' then
        if #missing_inputs(waiter) == 0 then queue(waiter, bells) end
      else
        finish(waiter, state, because_of(key, state, reason), bells)
      end
    end
  end
end

-- A worker died at this job: back into the queue, or the end when that happened too often.
local function requeue_after_death(key, bells)
  local deaths = redis.call('HINCRBY', job_of(key), 'deaths', 1)
  if deaths >= tonumber(get(key, 'max_attempts')) then
    finish(key, 'failed', 'Its worker died ' .. deaths .. ' times; the last lines of the log say how far it came. '
      .. 'Often the machine ran out of memory: try smaller settings, then retry.', bells)
  else
    add_log(key, 'worker ' .. (get(key, 'worker') or '?') .. ' died; the job goes back into the queue')
    queue(key, bells)
  end
end

-- Whether `attempt` is still the one that may write: 'ok', 'cancelled' or 'lost'.
local function fence(key, attempt)
  local state = get(key, 'state')
  if state == 'running' and get(key, 'attempt') == attempt then return 'ok' end
  if state == 'cancelled' then return 'cancelled' end
  return 'lost'
end

local function protected_results()
  local protected = {}
  for _, key in ipairs(redis.call('SMEMBERS', OPEN)) do
    for _, input in pairs(inputs_of(key)) do protected[input] = true end
  end
  for _, study in ipairs(redis.call('SMEMBERS', PREFIX .. 'pinned')) do
    for _, key in ipairs(redis.call('SMEMBERS', PREFIX .. 'study:' .. study .. ':keys')) do protected[key] = true end
  end
  return protected
end

local function used_bytes()
  local total = 0
  for _, size in ipairs(redis.call('HVALS', SIZES)) do total = total + tonumber(size) end
  return total
end

local function drop_result(key)
  redis.call('UNLINK', result_of(key))
  redis.call('HDEL', SIZES, key)
  redis.call('ZREM', RESULTS, key)
end

-- The results that must go for `bytes` more: none that somebody protects, least recently used first. Then the bytes that
-- would be lacking still; none are when that is not above 0.
local function victims_for(bytes)
  local budget = tonumber(redis.call('GET', PREFIX .. 'budget') or 'inf')
  local excess, victims = used_bytes() + bytes - budget, {}
  if excess <= 0 then return victims, excess end
  local protected = protected_results()
  for _, key in ipairs(redis.call('ZRANGE', RESULTS, 0, -1)) do
    if excess <= 0 then break end
    if not protected[key] then
      table.insert(victims, key)
      excess = excess - tonumber(redis.call('HGET', SIZES, key) or 0)
    end
  end
  return victims, excess
end

-- Makes room for `bytes`, but drops nothing when that would not be enough. Returns whether there is room now.
local function make_room(bytes)
  local victims, lacking = victims_for(bytes)
  if lacking > 0 then return false end
  for _, key in ipairs(victims) do drop_result(key) end
  return true
end
