-- Makes of a client's request the one for the upstream: another path, byte for byte (kit/raw_path.lua says why), headers
-- without proxy-rewrite's variables, and no Authorization but the one that is meant for the upstream.
local core = require("apisix.core")
local raw_path = require("kit.raw_path")
local user_domain = require("kit.user_domain")
local ngx = ngx

local path = { type = "string", pattern = "^/" }

local schema = {
  type = "object",
  properties = {
    path = path,
    upstream_path = path,
    headers = { type = "object", additionalProperties = { type = "string" } },
    authorization = { type = "string", enum = { "basic", "none" } },
    -- With basic: of which mail domains users may be, in lower case; any without it.
    user_domains = { type = "array", items = { type = "string", minLength = 1 }, minItems = 1 },
  },
  required = { "path", "upstream_path" },
  additionalProperties = false,
}

-- Before cors (4000): another spelling of a path is no path of this route, for OPTIONS neither.
local _M = { version = 0.1, priority = 4100, name = "kit-forward", schema = schema }

function _M.check_schema(conf)
  local ok, err = core.schema.check(schema, conf)
  if not ok then return false, err end
  if (conf.path:sub(-2) == "/*") ~= (conf.upstream_path:sub(-2) == "/*") then
    return false, "path and upstream_path must both end in /*, or neither"
  end
  return true
end

local function is_basic(authorization, domains)
  if type(authorization) ~= "string" or not authorization:lower():find("^basic ") then return false end
  if not domains then return true end
  local user = user_domain.of_basic(authorization, ngx.decode_base64)
  return user ~= nil and user_domain.is_one_of(user, domains)
end

function _M.rewrite(conf, ctx)
  -- As it was sent: APISIX keeps a cleaned copy of it in ctx.var.
  local uri, status = raw_path.upstream_uri(ngx.var.request_uri, conf.path, conf.upstream_path)
  if not uri then return status end
  ctx.kit_upstream_uri = uri
end

-- After every plugin's rewrite: proxy-rewrite always sets a path.
function _M.access(conf, ctx)
  ctx.var.upstream_uri = ctx.kit_upstream_uri
  for name, value in pairs(conf.headers or {}) do core.request.set_header(ctx, name, value) end
  local keeps = not conf.authorization
    or conf.authorization == "basic" and is_basic(ngx.req.get_headers(0)["authorization"], conf.user_domains)
  if not keeps then core.request.set_header(ctx, "authorization", nil) end
end

return _M
