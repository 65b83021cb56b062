-- A copy of what Redis keeps below a prefix, in memory that all workers share.
--
-- One worker follows Redis: it subscribes to a channel on which keys that were set are named, copies everything, then what is
-- named. The copy is complete only as long as that connection answers. What finds no room makes it incomplete: nothing is
-- pushed out for it.
local redis_mirror = {}
redis_mirror.__index = redis_mirror

-- Keys that are copied start so.
redis_mirror.prefix = "kit/"

-- Where keys are named, as prefix and key.
redis_mirror.channel = "kit/set"

-- Seconds of silence after which Redis is asked for a sign of life; that the copy counts as complete after one; that nobody
-- else follows; and that nobody does after one who could not, for want of an answer or of room.
local beat, validity, turn, pause, long_pause = 0.5, 1.5, 5, 1, 30

local no_room = "no room"

-- redis: a redis_access. memory: a shared dictionary, and id: what this Redis is called in it.
function redis_mirror.new(redis, memory, id)
  return setmetatable({
    redis = redis,
    memory = memory,
    id = id .. " ",
    complete = id .. " is complete",
    followed = id .. " is followed",
    standing = id .. " stands",
  }, redis_mirror)
end

function redis_mirror:is_complete()
  return self.memory:get(self.complete)
end

function redis_mirror:get(key)
  return self.memory:get(self.id .. key)
end

-- ttl: seconds; 0 is for ever: until Redis does not have it any more after a new connection. Gives whether there was room.
function redis_mirror:put(key, value, ttl)
  local function try()
    if ttl == 0 and not self.memory:rpush(self.standing, key) then return false end
    return self.memory:safe_set(self.id .. key, value, ttl)
  end
  if try() then return true end
  self.memory:flush_expired()
  if try() then return true end
  self.memory:delete(self.complete)
  return false
end

-- Something that Redis does not have.
function redis_mirror:mark(key)
  return self.memory:safe_set(self.id .. key, true)
end

function redis_mirror:forget(key)
  self.memory:delete(self.id .. key)
end

local function forget_standing(self)
  local key = self.memory:lpop(self.standing)
  while key do
    self:forget(key)
    key = self.memory:lpop(self.standing)
  end
end

-- Copies what keys have. Gives true; or false, when Redis is not to blame, or nil, and an error.
local function copy(self, client, keys)
  if #keys == 0 then return true end
  client:init_pipeline()
  for _, key in ipairs(keys) do
    client:get(key)
    client:pttl(key)
  end
  local answers, err = client:commit_pipeline()
  if not answers then return nil, err end
  for index, key in ipairs(keys) do
    local value, left = answers[2 * index - 1], answers[2 * index]
    -- A key can expire between the two; one without an expiry has -1.
    if type(value) == "string" and (left > 0 or left == -1) then
      if not self:put(key, value, math.max(left, 0) / 1000) then return false, no_room end
    end
  end
  return true
end

local function copy_everything(self)
  local cursor = "0"
  repeat
    local page, err = self.redis:ask(function(client)
      return client:scan(cursor, "match", redis_mirror.prefix .. "*", "count", 1000)
    end)
    if not page then return nil, err end
    cursor = page[1]
    local ok
    ok, err = self.redis:ask(function(client)
      return copy(self, client, page[2])
    end)
    if not ok then return nil, err end
  until cursor == "0"
  return true
end

local function subscribe(self)
  local client, err = self.redis.connect()
  if not client then return nil, err end
  local ok
  ok, err = client:subscribe(redis_mirror.channel)
  if not ok then
    client:close()
    return nil, err
  end
  client:set_timeout(beat * 1000)
  return client
end

local function sign_of_life(subscription)
  local reply, err = subscription:read_reply()
  if not reply and err == "timeout" then return subscription:ping() end
  return reply, err
end

-- Gives true as long as the copy is complete, or nil and an error.
local function hear(self, subscription)
  local reply, err = sign_of_life(subscription)
  if not reply then
    self.redis:lost()
    return nil, err
  end
  if reply[1] == "message" then
    local ok
    ok, err = self.redis:ask(function(client)
      return copy(self, client, { reply[3] })
    end)
    if not ok then return nil, err end
  end
  self.memory:safe_set(self.followed, true, turn)
  -- It is gone when something found no room, or when this took too long.
  return self.memory:replace(self.complete, true, validity)
end

-- Whether the caller should follow: nobody does.
function redis_mirror:may_follow()
  return self.memory:safe_add(self.followed, true, turn)
end

-- Until the copy is complete no longer, or `ended` says so. Gives why; nothing when it was `ended`.
function redis_mirror:follow(ended)
  local subscription, err = subscribe(self)
  local ok = subscription
  if ok then
    self.redis:found()
    forget_standing(self)
    ok, err = copy_everything(self)
  else
    self.redis:lost()
  end
  if ok then
    ok, err = self.memory:safe_set(self.complete, true, validity)
  end
  while ok and not ended() do
    ok, err = hear(self, subscription)
  end
  self.memory:delete(self.complete)
  self.memory:safe_set(self.followed, true, err == no_room and long_pause or pause)
  if subscription then subscription:close() end
  return err
end

return redis_mirror
