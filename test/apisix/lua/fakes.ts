/** In Lua: a clock, a shared dictionary of nginx with room for some keys, and a Redis with its clients. */
export const fakes = `
local clock = { now = 1000 }

local function new_memory(room)
  local entries, count = {}, 0
  local memory = {}
  local function alive(key)
    local entry = entries[key]
    return entry and entry.expiry > clock.now and entry or nil
  end
  function memory:get(key)
    local entry = alive(key)
    return entry and entry.value
  end
  function memory:delete(key)
    if entries[key] then entries[key], count = nil, count - 1 end
  end
  function memory:flush_expired()
    for key in pairs(entries) do
      if not alive(key) then memory:delete(key) end
    end
  end
  function memory:safe_set(key, value, ttl)
    if not entries[key] then
      if count == room then return nil, "no memory" end
      count = count + 1
    end
    entries[key] = { value = value, expiry = ttl and ttl > 0 and clock.now + ttl or math.huge }
    return true
  end
  function memory:rpush(key, value)
    local list = alive(key) and entries[key].value or {}
    list[#list + 1] = value
    return memory:safe_set(key, list) and #list
  end
  function memory:lpop(key)
    return alive(key) and table.remove(entries[key].value, 1)
  end
  function memory:safe_add(...)
    if alive(...) then return false, "exists" end
    return memory:safe_set(...)
  end
  function memory:replace(...)
    if not alive(...) then return false, "not found" end
    return memory:safe_set(...)
  end
  return memory
end

-- answers: false while it is away; \`error\`: what it answers to commands; log: of every command.
local function new_redis()
  local redis = { entries = {}, log = {}, named = {}, answers = true }
  local null = newproxy()
  local function call(name, key, value, ...)
    redis.log[#redis.log + 1] = table.concat({ name, key, ... }, " ")
    local entry = redis.entries[key]
    if entry and entry.expiry <= clock.now then entry, redis.entries[key] = nil, nil end
    if name == "get" then return entry and entry.value or null end
    if name == "pttl" then
      if not entry then return -2 end
      return entry.expiry == math.huge and -1 or (entry.expiry - clock.now) * 1000
    end
    if name == "set" then
      local nx, _, ttl = ...
      if nx == "nx" and entry then return false end
      redis.entries[key] = { value = tostring(value), expiry = ttl and clock.now + ttl or math.huge }
      return { ok = "OK" }
    end
    if name == "setex" then
      redis.entries[key] = { value = ..., expiry = clock.now + value }
      return { ok = "OK" }
    end
    if name == "publish" then
      redis.named[#redis.named + 1] = { "message", key, value }
      return 1
    end
    error("no command " .. name)
  end

  function redis.connect()
    if not redis.answers then return nil, "refused" end
    local client = {}
    local function command(name, work)
      client[name] = function(_, ...)
        if not redis.answers then return nil, "closed" end
        if redis.error then return false, redis.error end
        if client.pipeline then
          client.pipeline[#client.pipeline + 1] = work(...)
          return
        end
        return work(...)
      end
    end
    command("get", function(key) return call("get", key) end)
    command("pttl", function(key) return call("pttl", key) end)
    command("mget", function(...)
      local values = {}
      for _, key in ipairs({ ... }) do values[#values + 1] = call("get", key) end
      return values
    end)
    command("scan", function(cursor, _, pattern)
      -- Two pages.
      local keys = {}
      for key in pairs(redis.entries) do
        if key:sub(1, #pattern - 1) == pattern:sub(1, -2) then keys[#keys + 1] = key end
      end
      table.sort(keys)
      local half = math.ceil(#keys / 2)
      if cursor == "0" then return { "7", { unpack(keys, 1, half) } } end
      return { "0", { unpack(keys, half + 1) } }
    end)
    command("eval", function(script, number, ...)
      local arguments = { ... }
      local environment = {
        redis = { call = call },
        KEYS = { unpack(arguments, 1, number) },
        ARGV = { unpack(arguments, number + 1) },
      }
      return setfenv(assert(loadstring(script)), environment)()
    end)
    command("subscribe", function(channel)
      client.channel = channel
      return { "subscribe", channel, 1 }
    end)
    command("ping", function() return { "pong", "" } end)
    function client:read_reply()
      if not redis.answers then return nil, "closed" end
      if redis.named[1] then return table.remove(redis.named, 1) end
      return nil, "timeout"
    end
    function client:init_pipeline() client.pipeline = {} end
    function client:commit_pipeline()
      local answers = client.pipeline
      client.pipeline = nil
      if not redis.answers then return nil, "closed" end
      return answers
    end
    function client:set_timeout() end
    function client:set_keepalive() redis.kept = (redis.kept or 0) + 1 end
    function client:close() redis.closed = (redis.closed or 0) + 1 end
    return client
  end
  return redis
end

local redis, memory = new_redis(), new_memory(100)
local waits = {}
local function within(seconds, run)
  waits[#waits + 1] = seconds
  return run()
end
local function new_access() return require("kit.sessions.redis_access").new(redis.connect, 1, within, memory, "r") end
local function new_mirror() return require("kit.sessions.redis_mirror").new(new_access(), memory, "r") end
local function new_sessions(remember)
  return require("kit.sessions.revoked_sessions").new(new_access(), new_mirror(), "realm/", remember or 300)
end
local function show(...)
  local values = { ... }
  for index = 1, select("#", ...) do values[index] = tostring(values[index]) end
  return table.concat(values, " ")
end
-- Follows for some beats; \`each\` runs before each.
local function follow(mirror, beats, each)
  local beat = 0
  return mirror:follow(function()
    beat = beat + 1
    if beat > beats then return true end
    if each then each(beat) end
  end)
end
`;
