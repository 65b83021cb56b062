-- Commands to a Redis, by connections out of a pool. Whoever asks one that did not answer last time waits for a moment only.
local redis_access = {}
redis_access.__index = redis_access

-- Milliseconds that an idle connection is kept, and how many of them a worker keeps.
local idle, pool_size = 60000, 64

-- Seconds that a Redis is given to answer that was away; and that it counts as away, unless it answers.
local moment, absence = 0.05, 60

-- connect: gives a client of resty.redis that is ready for commands, or nil and an error. patience: seconds for connection and
-- answer. within: runs a function for some seconds at most (kit/deadline.lua). memory: a shared dictionary, and id: what this
-- Redis is called in it.
function redis_access.new(connect, patience, within, memory, id)
  return setmetatable({
    connect = connect,
    patience = patience,
    within = within,
    memory = memory,
    away = id .. " is away",
  }, redis_access)
end

-- command: a function of a client, which gives an answer, or nil (or false) and an error. Gives the answer, or nil and an error.
function redis_access:ask(command)
  local away = self.memory:get(self.away)
  local answer, err = self.within(away and moment or self.patience, function()
    local client, failure = self.connect()
    if not client then return nil, failure end
    local answer, failure = command(client)
    -- A connection goes back to the pool only after a good answer: the next one could read a late one.
    if answer then
      client:set_keepalive(idle, pool_size)
    else
      client:close()
    end
    return answer, failure
  end)
  -- False is Redis's own word.
  if answer == nil then
    self:lost()
  elseif away then
    self:found()
  end
  return answer or nil, err
end

function redis_access:lost()
  self.memory:safe_set(self.away, true, absence)
end

function redis_access:found()
  self.memory:delete(self.away)
end

return redis_access
