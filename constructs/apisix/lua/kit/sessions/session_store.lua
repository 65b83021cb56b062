-- The sessions that have ended, as the plugins ask for them: the kit's modules, with nginx's memory, threads and timers.
local deadline = require("kit.deadline")
local redis = require("resty.redis")
local redis_access = require("kit.sessions.redis_access")
local redis_connection = require("kit.sessions.redis_connection")
local redis_mirror = require("kit.sessions.redis_mirror")
local revoked_sessions = require("kit.sessions.revoked_sessions")
local ngx = ngx

local session_store = {}

-- What both plugins are told of it.
session_store.properties = {
  redis = redis_connection.schema,
  key_prefix = { type = "string", default = "" },
  -- Seconds that a session is remembered. About tokens that are older the realm is asked.
  remember = { type = "integer", minimum = 60, default = 3600 },
}

local memory_name = "kit-sessions"

-- Gives true, or false and what is missing.
function session_store.check()
  if ngx.shared[memory_name] then return true end
  return false, "nginx_config.http.custom_lua_shared_dict has no " .. memory_name
end

local stores = setmetatable({}, { __mode = "k" })

local function new(conf)
  local memory = ngx.shared[memory_name]
  local target = conf.redis
  local login = (target.username or "") .. "\n" .. (target.password or "")
  local id = ngx.md5(table.concat({ target.host, target.port, target.database, login }, "\n"))
  local function connect()
    return redis_connection.open(redis, target, ngx.md5)
  end
  local function within(seconds, run)
    return deadline.within(seconds, run, ngx.thread, ngx.sleep)
  end
  local access = redis_access.new(connect, target.timeout_ms / 1000, within, memory, id)
  local mirror = redis_mirror.new(access, memory, id)
  local sessions = revoked_sessions.new(access, mirror, conf.key_prefix, conf.remember, conf.bare_keys)
  return { mirror = mirror, sessions = sessions }
end

local function follow(premature, mirror)
  if premature then return end
  local err = mirror:follow(ngx.worker.exiting)
  if err then ngx.log(ngx.WARN, "Redis is asked at every request: ", err) end
end

local function store_of(conf)
  local store = stores[conf]
  if not store then
    store = new(conf)
    stores[conf] = store
  end
  return store
end

-- conf: by the properties. For who asks at every request: sees to it that the answers are here.
function session_store.followed(conf)
  local store = store_of(conf)
  if not store.mirror:is_complete() and store.mirror:may_follow() then ngx.timer.at(0, follow, store.mirror) end
  return store.sessions
end

function session_store.of(conf)
  return store_of(conf).sessions
end

return session_store
