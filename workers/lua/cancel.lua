-- key, reason -> the state it had, then bells
local key, bells = ARGV[1], {}
local state = get(key, 'state') or 'unknown'
if is_open(key) then
  add_log(key, 'cancelled')
  finish(key, 'cancelled', ARGV[2], bells)
end
return {state, unpack(bells)}
