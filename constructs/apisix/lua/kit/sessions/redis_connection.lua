-- Connections to Redis out of a pool, logged in once each.
local redis_connection = {}

-- How both plugins are told of Redis.
redis_connection.schema = {
  type = "object",
  properties = {
    host = { type = "string", minLength = 1 },
    port = { type = "integer", minimum = 1, maximum = 65535, default = 6379 },
    -- With TLS the certificate must be the host's, and of an authority that nginx trusts.
    tls = { type = "boolean", default = false },
    -- Redis's default user without one.
    username = { type = "string", minLength = 1 },
    password = { type = "string", minLength = 1 },
    database = { type = "integer", minimum = 0, default = 0 },
    -- Longest wait for an answer, connection included; a moment only when the last one did not come.
    timeout_ms = { type = "integer", minimum = 1, default = 1000 },
  },
  required = { "host" },
  additionalProperties = false,
}

local function log_in(client, conf)
  local ok, err = true, nil
  if conf.username then
    ok, err = client:auth(conf.username, conf.password or "")
  elseif conf.password then
    ok, err = client:auth(conf.password)
  end
  if not ok then return nil, err end
  if conf.database ~= 0 then return client:select(conf.database) end
  return true
end

-- redis: the module resty.redis. conf: by the schema above. digest: of a string, one way.
-- Gives a client, or nil and an error.
function redis_connection.open(redis, conf, digest)
  local client = redis:new()
  client:set_timeouts(conf.timeout_ms, conf.timeout_ms, conf.timeout_ms)
  -- A pool of its own: a connection that is logged in otherwise, or in another database, must not be taken.
  local login = digest((conf.username or "") .. "\n" .. (conf.password or ""))
  local pool = table.concat({ conf.tls and "kit tls" or "kit", conf.host, conf.port, conf.database, login }, "#")
  local options = { pool = pool }
  if conf.tls then
    options.ssl, options.ssl_verify, options.server_name = true, true, conf.host
  end
  local ok, err = client:connect(conf.host, conf.port, options)
  if not ok then return nil, err end
  local uses
  uses, err = client:get_reused_times()
  -- A handshake that is over at once ends well for the Lua of it, and its connection is closed.
  if not uses and conf.tls then err = err .. ": its certificate is perhaps of another authority, or another host's" end
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
