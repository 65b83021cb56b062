-- Decides about a bearer token that openid-connect has verified or introspected, and tells the upstream its user.
--
-- openid-connect works in the rewrite phase: after this plugin's `rewrite`, before its `access`. A token that it has verified
-- is kept here; of one that is known the variable `kit_token` says so, by which openid-connect is left out (`_meta.filter`).
local core = require("apisix.core")
local base64 = require("ngx.base64")
local claims = require("kit.tokens.claims")
local known_keys = require("kit.tokens.known_keys")
local lrucache = require("resty.lrucache")
local openidc = require("resty.openidc")
local refusal = require("kit.refusal")
local session_store = require("kit.sessions.session_store")
local sha256 = require("resty.sha256")
local token_header = require("kit.tokens.token_header")
local verified_tokens = require("kit.tokens.verified_tokens")
local ngx = ngx

-- Who asks the realm about tokens.
local asker = {
  client_id = { type = "string", minLength = 1 },
  client_secret = { type = "string", minLength = 1 },
  -- Seconds: longest wait for its answer.
  timeout = { type = "integer", minimum = 1, default = 3 },
}

local schema = {
  type = "object",
  properties = {
    issuer = { type = "string", minLength = 1 },
    audience = { type = "string", minLength = 1 },
    user_claim = { type = "string", minLength = 1, default = "email" },
    -- Mail domains of which users may be, in lower case; any without it.
    user_domains = { type = "array", items = { type = "string", minLength = 1 }, minItems = 1 },
    type = { type = "string", minLength = 1, default = "Bearer" },
    -- Whether a token may be without a type.
    untyped = { type = "boolean", default = false },
    -- Seconds.
    clock_skew = { type = "integer", minimum = 0, default = 0 },
    -- openid-connect's own, where it verifies by the realm's keys (use_jwks).
    discovery = { type = "string", pattern = "^https?://" },
    introspection = {
      type = "object",
      properties = {
        client_id = asker.client_id,
        client_secret = asker.client_secret,
        timeout = asker.timeout,
        -- Seconds that an answer is trusted.
        interval = { type = "integer", minimum = 0, default = 0 },
      },
      required = { "client_id", "client_secret" },
      additionalProperties = false,
    },
    revocation = {
      type = "object",
      properties = {
        redis = session_store.properties.redis,
        key_prefix = session_store.properties.key_prefix,
        remember = session_store.properties.remember,
        -- Who asks the realm about tokens of whose sessions it may have told in vain.
        client_id = asker.client_id,
        client_secret = asker.client_secret,
        timeout = asker.timeout,
      },
      required = { "redis", "client_id", "client_secret" },
      additionalProperties = false,
    },
  },
  required = { "issuer", "audience" },
  additionalProperties = false,
}

-- Just before openid-connect (2599).
local _M = { version = 0.1, priority = 2600, name = "kit-bearer", schema = schema }

-- What openid-connect sets. In lower case: APISIX 3.2 forgets them in its own copy of the headers only so.
local token_headers = { "x-userinfo", "x-access-token", "x-id-token", "x-refresh-token", "x-raw-id-token" }

local function remove_token_headers(ctx)
  for _, name in ipairs(token_headers) do core.request.set_header(ctx, name, nil) end
end

-- Of exactly this name. nginx's variables would take a client's `X_Userinfo` for `X-Userinfo`.
local function header(name)
  return ngx.req.get_headers(0)[name]
end

-- header_filter says how.
local function refuse(reason)
  core.log.warn("token refused: ", reason)
  return 401
end

local function bearer_token(authorization)
  if type(authorization) ~= "string" then return nil end
  return authorization:match("^%s*[Bb][Ee][Aa][Rr][Ee][Rr]%s+(.*)")
end

-- Tokens that a worker remembers; each takes some 300 bytes.
local most_tokens = 10000

local function digest(realm, token)
  local state = sha256:new()
  state:update(realm)
  state:update(token)
  return state:final()
end

local tokens = verified_tokens.new(assert(lrucache.new(most_tokens)), digest)

local realms = setmetatable({}, { __mode = "k" })

-- By what a token is verified: all that is configured.
local function realm_of(conf)
  local realm = realms[conf]
  if not realm then
    realm = digest(core.json.stably_encode(conf), "")
    realms[conf] = realm
  end
  return realm
end

core.ctx.register_var("kit_token", function(ctx)
  return ctx.kit_bearer and ctx.kit_bearer.known and "known" or "new"
end, { no_cacheable = true })

-- Of what openid-connect has verified: user, session and time of issue. Or nil and why not.
local function read(conf, authorization)
  local encoded = header("x-userinfo")
  local text = type(encoded) == "string" and ngx.decode_base64(encoded)
  local token = text and core.json.decode(text)
  local now = ngx.time()
  local user, reason = claims.user(token, conf, now)
  if not user then return nil, reason end
  local found = { user = user, sid = token.sid, iat = token.iat }
  if conf.discovery then tokens:keep(realm_of(conf), authorization, found, token.exp + conf.clock_skew, now) end
  return found
end

-- Nil when the realm says that the token is active; else a status and why. who: asker.
local function inactive(conf, who, interval)
  local _, err = openidc.introspect({
    discovery = conf.discovery,
    client_id = who.client_id,
    client_secret = who.client_secret,
    timeout = who.timeout * 1000,
    cache_segment = conf.issuer,
    introspection_cache_ignore = interval == 0,
    introspection_interval = interval,
  })
  if not err then return nil end
  if err == "invalid token" then return 401, "the realm knows nothing of it" end
  return 503, "the realm cannot be asked about a token: " .. err
end

-- Nil when the session goes on; else a status and why.
local function ended(conf, token)
  local revocation = conf.revocation
  local state, err = session_store.followed(revocation):state_of(token, ngx.time())
  if state == "ended" then return 401, "its session has ended" end
  if state == "going on" then return nil end
  if state ~= "unknown" then return 503, "no token can be taken without Redis: " .. tostring(err) end
  return inactive(conf, revocation, 0)
end

function _M.check_schema(conf)
  local ok, err = core.schema.check(schema, conf)
  if not ok then return false, err end
  if conf.revocation then return session_store.check() end
  return true
end

function _M.rewrite(conf, ctx)
  remove_token_headers(ctx)
  local authorization = header("authorization")
  local token = bearer_token(authorization)
  ctx.kit_bearer = { sent = token ~= nil or type(authorization) == "table", authorization = authorization }
  if type(authorization) == "table" then return refuse("two Authorization headers") end
  -- openid-connect would log an error for each.
  if not token then return 401 end
  ctx.kit_bearer.known = conf.discovery and tokens:find(realm_of(conf), authorization, ngx.time())
  if ctx.kit_bearer.known then return end
  local jwt_header = token_header.read(token, base64.decode_base64url, core.json.decode)
  if not token_header.is_understood(jwt_header) then return refuse("with extensions") end
  if not conf.discovery then return end
  local ok, reason, later = known_keys.may_verify(jwt_header, conf.discovery, ngx.shared, core.json.decode)
  if not ok then return later and 503 or refuse(reason) end
end

function _M.access(conf, ctx)
  local asked = ctx.kit_bearer
  local token, reason = asked.known
  if not token then
    token, reason = read(conf, asked.authorization)
    if not token then return refuse(reason) end
  end

  local status, why
  if conf.revocation then status, why = ended(conf, token) end
  local asks = conf.introspection
  if not status and asks then status, why = inactive(conf, asks, asks.interval) end
  if status == 401 then return refuse(why) end
  if status then
    core.log.error(why)
    return status
  end

  asked.taken = true
  remove_token_headers(ctx)
  core.request.set_header(ctx, "authorization", nil)
  core.request.set_header(ctx, "X-User", token.user)
end

-- Seconds after which clients may come again.
local retry_after = "5"

-- Of what the upstream answers nothing is changed.
function _M.header_filter(conf, ctx)
  local asked = ctx.kit_bearer
  if not asked or asked.taken then return end
  if ngx.status == 401 then
    ngx.status, ngx.header["WWW-Authenticate"] = refusal.answer(ngx.header["WWW-Authenticate"], asked.sent)
  end
  if ngx.status == 503 then ngx.header["Retry-After"] = retry_after end
end

return _M
