-- The sessions that Keycloak has ended, by `sid`, in Redis. Whoever asks must refuse when there is no answer.
local revoked_sessions = {}
revoked_sessions.__index = revoked_sessions

-- Milliseconds that an idle connection is kept, and how many of them a worker keeps.
local idle, pool_size = 60000, 64

-- connect: gives a client of resty.redis that is ready for commands, or nil and an error.
function revoked_sessions.new(connect, key_prefix)
  return setmetatable({ connect = connect, key_prefix = key_prefix }, revoked_sessions)
end

-- One command. A connection goes back to the pool only after a good answer: the next one could read a late one.
local function ask(self, command, sid, ...)
  local client, failure = self.connect()
  if not client then return nil, failure end
  local answer, err = client[command](client, self.key_prefix .. sid, ...)
  if not answer then
    client:close()
    return nil, err
  end
  client:set_keepalive(idle, pool_size)
  return answer
end

-- Gives true or false, or nil and an error.
function revoked_sessions:has(sid)
  local count, err = ask(self, "exists", sid)
  if not count then return nil, err end
  return count ~= 0
end

-- ttl: seconds, longer than any access token lives. Gives true, or nil and an error.
function revoked_sessions:add(sid, ttl)
  local answer, err = ask(self, "setex", sid, ttl, "true")
  if not answer then return nil, err end
  return true
end

return revoked_sessions
