-- Decides about a bearer token that openid-connect has verified or introspected, and tells the upstream its user.
--
-- openid-connect works in the rewrite phase: after this plugin's `rewrite`, before its `access`.
local core = require("apisix.core")
local base64 = require("ngx.base64")
local claims = require("kit.claims")
local known_keys = require("kit.known_keys")
local redis = require("resty.redis")
local redis_connection = require("kit.redis_connection")
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
      },
      required = { "redis" },
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

local function refuse(reason)
  core.log.warn("token refused: ", reason)
  core.response.set_header("WWW-Authenticate", 'Bearer error="invalid_token"')
  return 401
end

function _M.check_schema(conf)
  return core.schema.check(schema, conf)
end

function _M.rewrite(conf, ctx)
  remove_token_headers(ctx)
  local authorization = header("authorization")
  if type(authorization) == "table" then return refuse("two Authorization headers") end
  local token = conf.discovery and authorization and authorization:match("^%s*[Bb][Ee][Aa][Rr][Ee][Rr]%s+(.*)")
  if not token then return end
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

  local revocation = conf.revocation
  if revocation then
    local sessions = revoked_sessions.new(function()
      return redis_connection.open(redis, revocation.redis, ngx.md5)
    end, revocation.key_prefix)
    local revoked, err = sessions:has(token.sid)
    if err then
      core.log.error("no token can be taken without Redis: ", err)
      return 503
    end
    if revoked then return refuse("its session has ended") end
  end

  remove_token_headers(ctx)
  core.request.set_header(ctx, "authorization", nil)
  core.request.set_header(ctx, "X-User", user)
end

return _M
