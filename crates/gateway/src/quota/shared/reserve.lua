-- Sets tokens aside in every window of every account, or in none.
--
-- KEYS: the processes; then for each account its minute, its month, its requests under way.
-- ARGV: this process, the least and the most that is wanted; then for each account the limit of each, -1 for none.
-- A window is a hash: `used`, and for each process `r:NAME`, what it has set aside. What a process that is gone had set
-- aside counts as used, since nobody can say how much of it was.
-- Gives {1, granted, left of minute, left of month, ...}, {0, account, window, left}, or {2} where this process counts
-- as gone itself.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local processes = KEYS[1]

local function lives(name)
  local ends = redis.call('HGET', processes, name)
  return ends and tonumber(ends) > now
end

local function whole(number)
  return string.format('%.0f', number)
end

local function total(key, is_tokens)
  local sum = 0
  local fields = redis.call('HGETALL', key)
  for place = 1, #fields, 2 do
    local field, value = fields[place], tonumber(fields[place + 1])
    if field == 'used' or lives(string.sub(field, 3)) then
      sum = sum + value
    else
      redis.call('HDEL', key, field)
      if is_tokens then
        redis.call('HINCRBY', key, 'used', whole(value))
        sum = sum + value
      end
    end
  end
  return sum
end

if not lives(ARGV[1]) then
  return {2}
end
local least, granted = tonumber(ARGV[2]), tonumber(ARGV[3])
local accounts = (#KEYS - 1) / 3
local left = {}
for account = 1, accounts do
  local key, argument = 3 * account - 1, 3 * account + 1
  local streams = tonumber(ARGV[argument + 2])
  if streams >= 0 and total(KEYS[key + 2], false) >= streams then
    return {0, account, 3, 0}
  end
  local narrowest, window = nil, 0
  for which = 1, 2 do
    local limit = tonumber(ARGV[argument + which - 1])
    local room = -1
    if limit >= 0 then
      room = math.max(limit - total(KEYS[key + which - 1], true), 0)
      if not narrowest or room < narrowest then
        narrowest, window = room, which
      end
    end
    left[#left + 1] = room
  end
  if narrowest and narrowest < least then
    return {0, account, window, narrowest}
  end
  granted = math.min(granted, narrowest or granted)
end
local mine = 'r:' .. ARGV[1]
for account = 1, accounts do
  local key = 3 * account - 1
  for which, seconds in ipairs({7200, 5443200}) do
    redis.call('HINCRBY', KEYS[key + which - 1], 'used', '0')
    redis.call('HINCRBY', KEYS[key + which - 1], mine, whole(granted))
    redis.call('EXPIRE', KEYS[key + which - 1], seconds)
  end
  redis.call('HINCRBY', KEYS[key + 2], mine, '1')
  redis.call('EXPIRE', KEYS[key + 2], 5443200)
end
local told = {1, granted}
for _, room in ipairs(left) do
  told[#told + 1] = room < 0 and -1 or room - granted
end
return told
