-- key, attempt -> 'ok', 'cancelled' or 'lost', then bells
-- A worker that is told to stop hands its job back; no death is counted.
local key, attempt = ARGV[1], ARGV[2]
local standing, bells = fence(key, attempt), {}
if standing ~= 'ok' then return {standing} end
add_log(key, 'worker ' .. get(key, 'worker') .. ' was stopped; the job goes back into the queue')
queue(key, bells)
return {'ok', unpack(bells)}
