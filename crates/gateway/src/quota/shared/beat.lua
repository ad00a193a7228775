-- Says that processes live for so long from now on. One that counts as gone stays gone; a new one begins.
--
-- KEYS: the processes. ARGV: how long, in milliseconds; 1 where they are new, else 0; their names.
-- Gives 1 for each that lives, else 0.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local told = {}
for place = 3, #ARGV do
  local ends = redis.call('HGET', KEYS[1], ARGV[place])
  if ARGV[2] == '1' or (ends and tonumber(ends) > now) then
    redis.call('HSET', KEYS[1], ARGV[place], string.format('%.0f', now + ARGV[1]))
    told[#told + 1] = 1
  else
    redis.call('HDEL', KEYS[1], ARGV[place])
    told[#told + 1] = 0
  end
end
local fields = redis.call('HGETALL', KEYS[1])
for place = 1, #fields, 2 do
  if tonumber(fields[place + 1]) < now - 86400000 then
    redis.call('HDEL', KEYS[1], fields[place])
  end
end
redis.call('EXPIRE', KEYS[1], 5443200)
return told
