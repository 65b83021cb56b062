-- Connections to Redis out of a pool, logged in once each.
local redis_connection = {}

-- How both plugins are told of Redis.
redis_connection.schema = {
  type = "object",
  properties = {
    host = { type = "string", minLength = 1 },
    port = { type = "integer", minimum = 1, maximum = 65535, default = 6379 },
    password = { type = "string", minLength = 1 },
    database = { type = "integer", minimum = 0, default = 0 },
    -- Longest wait for an answer, connection included; a moment only when the last one did not come.
    timeout_ms = { type = "integer", minimum = 1, default = 1000 },
  },
  required = { "host" },
  additionalProperties = false,
}

local function log_in(client, conf)
  if conf.password then
    local ok, err = client:auth(conf.password)
    if not ok then return nil, err end
  end
  if conf.database ~= 0 then return client:select(conf.database) end
  return true
end

-- redis: the module resty.redis. conf: by the schema above. digest: of a string, one way.
-- Gives a client, or nil and an error.
function redis_connection.open(redis, conf, digest)
  local client = redis:new()
  client:set_timeouts(conf.timeout_ms, conf.timeout_ms, conf.timeout_ms)
  -- A pool of its own: a connection that is logged in otherwise, or in another database, must not be taken.
  local login = digest(conf.password or "")
  local pool = table.concat({ "kit", conf.host, conf.port, conf.database, login }, "#")
  local ok, err = client:connect(conf.host, conf.port, { pool = pool })
  if not ok then return nil, err end
  local uses
  uses, err = client:get_reused_times()
  if uses == 0 then
    ok, err = log_in(client, conf)
  else
    ok = uses
  end
  if not ok then
    client:close()
    return nil, err
  end
  return client
end

return redis_connection
