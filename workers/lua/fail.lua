-- key, attempt, reason, log lines (JSON list) -> 'ok', 'cancelled' or 'lost', then bells
local key, attempt = ARGV[1], ARGV[2]
local standing, bells = fence(key, attempt), {}
redis.call('UNLINK', PREFIX .. 'staging:' .. key .. ':' .. attempt)
if standing ~= 'ok' then return {standing} end
for _, line in ipairs(cjson.decode(ARGV[4])) do add_log(key, line) end
finish(key, 'failed', ARGV[3], bells)
return {'ok', unpack(bells)}
