-- The sessions that Keycloak has ended, by `sid`, in Redis and in the copy of it here. Whoever asks must refuse when there is
-- no answer.
--
-- Keycloak tells of a logout once. What is lost with Redis, or told while the gateway is down, it does not tell again. So
-- Redis also has the time since when nothing was missed: of tokens that were issued before it, the realm must be asked. That
-- time is set anew when it is missing, and when this gateway does not know that it has heard everything since.
local redis_mirror = require("kit.sessions.redis_mirror")

local revoked_sessions = {}
revoked_sessions.__index = revoked_sessions

-- Seconds by which the clocks of Keycloak, Redis and the gateway may differ.
local clock_skew = 5

-- No session's id: Keycloak's are of letters, digits, `-` and `_`.
local since = "nothing missed since"

-- Sets a key, and names it to all gateways.
local set_script = [[
redis.call("set", KEYS[1], ARGV[1])
return redis.call("publish", ARGV[2], KEYS[1])]]

-- The same for a session, unless its logout token was taken before.
local end_script = [[
if not redis.call("set", KEYS[2], "", "nx", "ex", ARGV[3]) then return 0 end
redis.call("setex", KEYS[1], ARGV[1], "true")
redis.call("publish", ARGV[2], KEYS[1])
return 1]]

-- redis: a redis_access. mirror: a redis_mirror. prefix: before the ids of this realm. remember: seconds that a session is
-- kept for. bare_keys: whether Redis has them by their ids alone.
function revoked_sessions.new(redis, mirror, prefix, remember, bare_keys)
  return setmetatable({
    redis = redis,
    mirror = mirror,
    session = bare_keys and "" or redis_mirror.prefix .. prefix,
    since = redis_mirror.prefix .. prefix .. since,
    -- Not in Redis: it goes with this gateway.
    heard = "heard " .. prefix,
    logout = "kit-logout/" .. prefix,
    remember = remember,
  }, revoked_sessions)
end

-- Gives the time since when nothing was missed, and whether the session has ended; or nil and an error.
local function ask(self, session, now)
  local values, err = self.redis:ask(function(client)
    return client:mget(session, self.since)
  end)
  if not values then return nil, err end
  local time = tonumber(type(values[2]) == "string" and values[2])
  if not time or not self.mirror:get(self.heard) then
    time = now
    local told
    told, err = self.redis:ask(function(client)
      return client:eval(set_script, 1, self.since, time, redis_mirror.channel)
    end)
    if not told then return nil, err end
    self.mirror:put(self.since, time, 0)
    self.mirror:mark(self.heard)
  end
  return time, type(values[1]) == "string" or self.mirror:get(session)
end

-- token: verified claims. now: seconds since 1970.
-- Gives "ended", "going on", or "unknown" when the realm must be asked; or nil and an error.
function revoked_sessions:state_of(token, now)
  local session = self.session .. token.sid
  local time, ended
  if self.mirror:is_complete() and self.mirror:get(self.heard) then
    time, ended = tonumber(self.mirror:get(self.since)), self.mirror:get(session)
  end
  if not time then
    time, ended = ask(self, session, now)
    if not time then return nil, ended end
  end
  local issued = token.iat
  -- Of older ones the end can be forgotten.
  if type(issued) ~= "number" or issued < time + clock_skew or issued + self.remember <= now then return "unknown" end
  return ended and "ended" or "going on"
end

-- sid: of the session. jti: of the logout token, and seconds that it can be taken for.
-- Gives true; false when the token was taken before; or nil and an error: then Keycloak's word is kept here only.
function revoked_sessions:add(sid, jti, seconds)
  local session, remember = self.session .. sid, self.remember + clock_skew
  local kept = self.mirror:put(session, "true", remember)
  local answer, err = self.redis:ask(function(client)
    local keys = { session, self.logout .. jti }
    return client:eval(end_script, 2, keys[1], keys[2], remember, redis_mirror.channel, seconds)
  end)
  if answer then return answer == 1 end
  if not kept then self.mirror:forget(self.heard) end
  return nil, err
end

return revoked_sessions
