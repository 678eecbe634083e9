-- -> bytes by which the results still exceed their budget, once everything has gone that may
local victims, lacking = victims_for(0)
for _, key in ipairs(victims) do drop_result(key) end
return math.max(0, lacking)
