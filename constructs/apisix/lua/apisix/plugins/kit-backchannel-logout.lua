-- Takes Keycloak's logout tokens (OpenID Connect Back-Channel Logout 1.0) and marks their sessions as ended, for
-- kit-bearer. The route needs no upstream.
local core = require("apisix.core")
local base64 = require("ngx.base64")
local known_keys = require("kit.tokens.known_keys")
local logout_token = require("kit.tokens.logout_token")
local openidc = require("resty.openidc")
local session_store = require("kit.sessions.session_store")
local token_header = require("kit.tokens.token_header")
local ngx = ngx

local schema = {
  type = "object",
  properties = {
    issuer = { type = "string", minLength = 1 },
    discovery = { type = "string", pattern = "^https?://" },
    -- Whose logouts are taken: one of them must be in `aud`.
    clients = { type = "array", items = { type = "string", minLength = 1 }, minItems = 1 },
    redis = session_store.properties.redis,
    key_prefix = session_store.properties.key_prefix,
    remember = session_store.properties.remember,
    -- Sessions are kept by their ids alone, for the Java plugin of the reference example.
    bare_keys = { type = "boolean", default = false },
    -- Seconds: age of a logout token, difference of clocks, patience with Keycloak.
    max_age = { type = "integer", minimum = 1, default = 120 },
    clock_skew = { type = "integer", minimum = 0, default = 10 },
    timeout = { type = "integer", minimum = 1, default = 3 },
    ssl_verify = { type = "boolean", default = true },
  },
  required = { "issuer", "discovery", "clients", "redis" },
  additionalProperties = false,
}

-- Phase access: limits (limit-req 1001) hold here too.
local _M = { version = 0.1, priority = 501, name = "kit-backchannel-logout", schema = schema }

local most_bytes = 64 * 1024

function _M.check_schema(conf)
  local ok, err = core.schema.check(schema, conf)
  if not ok then return false, err end
  return session_store.check()
end

local function refuse(description)
  core.log.warn("logout token refused: ", description)
  core.response.set_header("Content-Type", "application/json")
  return 400, core.json.encode({ error = "invalid_request", error_description = description })
end

-- Keycloak logs it. What is not known must not look like done.
local function cannot_tell(err)
  core.log.error("a logout is lost: ", err)
  return 503
end

-- Seconds.
local next_try = 0.5

-- Until Redis has it, or it matters no longer.
local function keep_trying(premature, add, last)
  if premature or ngx.time() > last or add() ~= nil then return end
  ngx.timer.at(next_try, keep_trying, add, last)
end

-- Gives the claims; or nil, whether Keycloak could not be asked, and an error.
local function verify(token, conf)
  local options = {
    discovery = conf.discovery,
    timeout = conf.timeout * 1000,
    ssl_verify = conf.ssl_verify and "yes" or "no",
    token_signing_alg_values_expected = { "RS256", "RS384", "RS512" },
    jwt_verification_cache_ignore = true,
  }
  local document, err = openidc.get_discovery_doc(options)
  if not document or err then return nil, true, err end
  local claims
  claims, err = openidc.jwt_verify(token, options)
  if err then
    local away = err:find("^accessing jwks url") or err:find("^response indicates failure") or err:find("^JSON dec")
    return nil, away ~= nil, err
  end
  return claims
end

function _M.access(conf, ctx)
  core.response.set_header("Cache-Control", "no-store")
  if core.request.get_method() ~= "POST" then
    core.response.set_header("Allow", "POST")
    return 405
  end
  local body, too_large = core.request.get_body(most_bytes, ctx)
  if too_large then return 413 end
  local form = body and ngx.decode_args(body)
  local token = form and form.logout_token
  if type(token) ~= "string" then return refuse("exactly one logout_token is needed") end

  local header = token_header.read(token, base64.decode_base64url, core.json.decode)
  if not token_header.is_understood(header) then return refuse("with extensions") end
  local ok, reason, later = known_keys.may_verify(header, conf.discovery, ngx.shared, core.json.decode)
  if later then return cannot_tell(reason) end
  if not ok then return refuse(reason) end
  local claims, away, err = verify(token, conf)
  if away then return cannot_tell(err) end
  if not claims then return refuse("it cannot be verified") end
  local session, id = logout_token.session(header, claims, conf, ngx.time())
  if not session then return refuse(id) end

  local sessions = session_store.of(conf)
  local function add()
    return sessions:add(session, id, conf.max_age + 2 * conf.clock_skew)
  end
  ok, err = add()
  if ok == false then return refuse("it was taken before") end
  if not ok then
    ngx.timer.at(next_try, keep_trying, add, ngx.time() + conf.remember)
    return cannot_tell(err)
  end
  return 200
end

return _M
