-- key, attempt, lease seconds, fields (JSON object), metric points (JSON list of strings), log lines (JSON list)
-- -> 'ok', 'cancelled' or 'lost'. Renews the lease.
local key, attempt = ARGV[1], ARGV[2]
local standing = fence(key, attempt)
if standing ~= 'ok' then return standing end
set(key, 'lease_until', now() + tonumber(ARGV[3]))
for field, value in pairs(cjson.decode(ARGV[4])) do set(key, field, value) end
local points = cjson.decode(ARGV[5])
if #points > 0 then add_metrics(key, points) end
for _, line in ipairs(cjson.decode(ARGV[6])) do add_log(key, line) end
return 'ok'
