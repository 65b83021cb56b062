-- Decides about a bearer token that openid-connect has verified or introspected, and tells the upstream its user.
--
-- openid-connect works in the rewrite phase: after this plugin's `rewrite`, before its `access`.
local core = require("apisix.core")
local base64 = require("ngx.base64")
local claims = require("kit.claims")
local known_keys = require("kit.known_keys")
local openidc = require("resty.openidc")
local redis = require("resty.redis")
local redis_connection = require("kit.redis_connection")
local refusal = require("kit.refusal")
local revoked_sessions = require("kit.revoked_sessions")
local token_header = require("kit.token_header")
local ngx = ngx

local schema = {
  type = "object",
  properties = {
    issuer = { type = "string", minLength = 1 },
    audience = { type = "string", minLength = 1 },
    user_claim = { type = "string", minLength = 1, default = "email" },
    -- Mail domains of which users may be, in lower case; any without it.
    user_domains = { type = "array", items = { type = "string", minLength = 1 }, minItems = 1 },
    type = { type = "string", minLength = 1, default = "Bearer" },
    -- Seconds.
    clock_skew = { type = "integer", minimum = 0, default = 0 },
    -- openid-connect's own, where it verifies by the realm's keys (use_jwks).
    discovery = { type = "string", pattern = "^https?://" },
    revocation = {
      type = "object",
      properties = {
        redis = redis_connection.schema,
        key_prefix = { type = "string", default = "" },
        -- Who asks the realm about tokens of whose sessions it may have told in vain.
        client_id = { type = "string", minLength = 1 },
        client_secret = { type = "string", minLength = 1 },
        -- Seconds: longest wait for its answer.
        timeout = { type = "integer", minimum = 1, default = 3 },
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

-- Nil when the session goes on; else a status and why.
local function ended(conf, token)
  local revocation = conf.revocation
  local sessions = revoked_sessions.new(function()
    return redis_connection.open(redis, revocation.redis, ngx.md5)
  end, revocation.key_prefix)
  local state, err = sessions:state_of(token, ngx.shared.jwks, ngx.time())
  if state == "ended" then return 401, "its session has ended" end
  if state == "going on" then return nil end
  if state ~= "unknown" then return 503, "no token can be taken without Redis: " .. tostring(err) end
  local _
  _, err = openidc.introspect({
    discovery = conf.discovery,
    client_id = revocation.client_id,
    client_secret = revocation.client_secret,
    timeout = revocation.timeout * 1000,
    introspection_cache_ignore = true,
  })
  if not err then return nil end
  if err == "invalid token" then return 401, "the realm knows nothing of it" end
  return 503, "the realm cannot be asked about a session that may have ended: " .. err
end

function _M.check_schema(conf)
  return core.schema.check(schema, conf)
end

function _M.rewrite(conf, ctx)
  remove_token_headers(ctx)
  local authorization = header("authorization")
  local token = bearer_token(authorization)
  ctx.kit_bearer = { sent = token ~= nil or type(authorization) == "table" }
  if type(authorization) == "table" then return refuse("two Authorization headers") end
  -- openid-connect would log an error for each.
  if not token then return 401 end
  if not conf.discovery then return end
  local jwt_header = token_header.read(token, base64.decode_base64url, core.json.decode)
  local ok, reason, later = known_keys.may_verify(jwt_header, conf.discovery, ngx.shared, core.json.decode)
  if not ok then return later and 503 or refuse(reason) end
end

function _M.access(conf, ctx)
  local encoded = header("x-userinfo")
  local text = type(encoded) == "string" and ngx.decode_base64(encoded)
  local token = text and core.json.decode(text)
  local user, reason = claims.user(token, conf, ngx.time())
  if not user then return refuse(reason) end

  if conf.revocation then
    local status, why = ended(conf, token)
    if status == 401 then return refuse(why) end
    if status then
      core.log.error(why)
      return status
    end
  end

  ctx.kit_bearer.taken = true
  remove_token_headers(ctx)
  core.request.set_header(ctx, "authorization", nil)
  core.request.set_header(ctx, "X-User", user)
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
