-- name, value, milliseconds it stays (0: for good), 'new' when it must not be there yet -> 1 when it was written
local options = {}
if tonumber(ARGV[3]) > 0 then options = {'PX', ARGV[3]} end
if ARGV[4] == 'new' then table.insert(options, 'NX') end
return redis.call('SET', ARGV[1], ARGV[2], unpack(options)) and 1 or 0
