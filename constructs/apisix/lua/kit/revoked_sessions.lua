-- The sessions that Keycloak has ended, by `sid`, in Redis. Whoever asks must refuse when there is no answer.
--
-- Keycloak tells of a logout once. What cannot be kept, since Redis is away, or is lost with it or while the gateway is down
-- itself, it does not tell again. So Redis also has the time since when nothing was missed: of tokens that were issued
-- before it, the realm must be asked. That time is set anew when it is missing, and when this gateway does not know
-- (`memory`) that it has heard and kept everything since.
local revoked_sessions = {}
revoked_sessions.__index = revoked_sessions

-- Milliseconds that an idle connection is kept, and how many of them a worker keeps.
local idle, pool_size = 60000, 64

-- Seconds by which the clocks of Keycloak and the gateway may differ.
local clock_skew = 5

-- No session's id: Keycloak's are of letters, digits, `-` and `_`.
local since_key = "kit: nothing missed since"

-- connect: gives a client of resty.redis that is ready for commands, or nil and an error.
function revoked_sessions.new(connect, key_prefix)
  return setmetatable({ connect = connect, key_prefix = key_prefix }, revoked_sessions)
end

-- One command. A connection goes back to the pool only after a good answer: the next one could read a late one.
local function ask(self, command, ...)
  local client, failure = self.connect()
  if not client then return nil, failure end
  local answer, err = client[command](client, ...)
  if not answer then
    client:close()
    return nil, err
  end
  client:set_keepalive(idle, pool_size)
  return answer
end

-- token: verified claims. memory: a shared dictionary. now: seconds since 1970.
-- Gives "ended", "going on", or "unknown" when the realm must be asked; or nil and an error.
function revoked_sessions:state_of(token, memory, now)
  local key = self.key_prefix .. since_key
  local values, err = ask(self, "mget", self.key_prefix .. token.sid, key)
  if not values then return nil, err end
  if type(values[1]) == "string" then return "ended" end
  local since = tonumber(type(values[2]) == "string" and values[2])
  if not since or not memory:get(key) then
    since = now
    local ok
    ok, err = ask(self, "set", key, since)
    if not ok then return nil, err end
    memory:set(key, true)
  end
  if type(token.iat) ~= "number" or token.iat < since + clock_skew then return "unknown" end
  return "going on"
end

-- ttl: seconds, longer than any access token lives. Gives true, or nil and an error: then the session counts as missed.
function revoked_sessions:add(sid, ttl, memory)
  local answer, err = ask(self, "setex", self.key_prefix .. sid, ttl, "true")
  if answer then return true end
  memory:delete(self.key_prefix .. since_key)
  return nil, err
end

return revoked_sessions
