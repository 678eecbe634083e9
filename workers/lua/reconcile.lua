-- lease seconds, seconds before a bell is rung again -> bells, then '|', then inputs to submit again
-- Every open job is looked at; what could have been lost on the way is put right.
local lease, patience = tonumber(ARGV[1]), tonumber(ARGV[2])
local bells, resubmit = {}, {}
-- While the server was away nobody could renew a lease: give all of them one length first.
local uptime = tonumber(server('uptime_in_seconds'))

for _, key in ipairs(redis.call('SMEMBERS', OPEN)) do
  local state = get(key, 'state')
  if state == 'running' and uptime > lease and tonumber(get(key, 'lease_until') or 0) < now() then
    requeue_after_death(key, bells)
  elseif state == 'queued' then
    -- A bell is lost only when its queue is empty; each further ring waits longer, as nobody may be there to hear.
    local rings = tonumber(get(key, 'rings') or 1)
    if redis.call('LLEN', PREFIX .. 'celery:' .. get(key, 'queue')) == 0
      and now() - tonumber(get(key, 'rung')) > math.min(60, patience * 1.5 ^ (rings - 1)) then
      set(key, 'rung', now(), 'rings', rings + 1)
      table.insert(bells, key)
      table.insert(bells, get(key, 'queue'))
    end
  elseif state == 'waiting' then
    local missing = missing_inputs(key)
    if #missing == 0 then
      queue(key, bells)
    else
      wait_for(key, missing)
      for _, input in ipairs(missing) do
        local input_state = get(input, 'state')
        if input_state == 'failed' or input_state == 'cancelled' then
          finish(key, input_state, because_of(input, input_state, get(input, 'error') or ''), bells)
          break
        elseif not is_open(input) then
          table.insert(resubmit, input)
        end
      end
    end
  end
end
table.insert(bells, '|')
for _, key in ipairs(resubmit) do table.insert(bells, key) end
return bells
