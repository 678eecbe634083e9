-- bytes -> 1 when they fit now (others may have been evicted), else 0
return make_room(tonumber(ARGV[1])) and 1 or 0
