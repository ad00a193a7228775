-- Takes back what was set aside, and notes what was used instead, as far as there is room for it.
--
-- KEYS: the processes; then for each account its minute, its month, its requests under way.
-- ARGV: this process, what was set aside, what was used, how many requests ended; then for each account the limit of
-- its minute and of its month, -1 for none.
-- Gives what was noted; -1 where the process counted as gone, and all that it had set aside as used.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = redis.call('HGET', KEYS[1], ARGV[1])
local mine = 'r:' .. ARGV[1]
if not ends or tonumber(ends) <= now then
  return -1
end

local function whole(number)
  return string.format('%.0f', number)
end

local function take_back(key, amount)
  local rest = tonumber(redis.call('HGET', key, mine) or '0') - amount
  if rest > 0 then
    redis.call('HSET', key, mine, whole(rest))
  else
    redis.call('HDEL', key, mine)
  end
end

local function total(key)
  local sum = 0
  for _, value in ipairs(redis.call('HVALS', key)) do
    sum = sum + tonumber(value)
  end
  return sum
end

local reserved, charged, ended = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local accounts = (#KEYS - 1) / 3
for account = 1, accounts do
  local key, argument = 3 * account - 1, 2 * account + 3
  for which = 1, 2 do
    local window, limit = KEYS[key + which - 1], tonumber(ARGV[argument + which - 1])
    if redis.call('EXISTS', window) == 1 then
      take_back(window, reserved)
      if limit >= 0 then
        charged = math.min(charged, math.max(limit - total(window), 0))
      end
    elseif limit >= 0 and ended > 0 then
      -- The window is over, and kept what was set aside in it.
      charged = math.min(charged, reserved)
    end
  end
  if ended > 0 then
    take_back(KEYS[key + 2], ended)
  end
end
for account = 1, accounts do
  local key = 3 * account - 1
  for which, seconds in ipairs({7200, 5443200}) do
    if ended == 0 or redis.call('EXISTS', KEYS[key + which - 1]) == 1 then
      redis.call('HINCRBY', KEYS[key + which - 1], 'used', whole(charged))
      redis.call('EXPIRE', KEYS[key + which - 1], seconds)
    end
  end
end
return charged
