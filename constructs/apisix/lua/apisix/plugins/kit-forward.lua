-- Makes of a client's request the one for the upstream: another path, byte for byte (kit/raw_path.lua says why), headers
-- without proxy-rewrite's variables, no Authorization but the one that is meant for the upstream, and no cookies.
local core = require("apisix.core")
local basic = require("kit.basic")
local mail_address = require("kit.mail_address")
local raw_path = require("kit.raw_path")
local websocket_protocol = require("kit.websocket_protocol")
local ngx = ngx

local path = { type = "string", pattern = "^/" }

local schema = {
  type = "object",
  properties = {
    path = path,
    upstream_path = path,
    -- Paths that are 404 all the same, with what is below them.
    hidden = { type = "array", items = path },
    headers = { type = "object", additionalProperties = { type = "string" } },
    authorization = { type = "string", enum = { "basic", "none" } },
    -- With basic: of which mail domains users may be, in lower case; any without it.
    user_domains = { type = "array", items = { type = "string", minLength = 1 }, minItems = 1 },
    -- With basic: WWW-Authenticate for what is none.
    challenge = { type = "string", minLength = 1 },
    -- Whether cookies pass, both ways.
    cookies = { type = "boolean", default = false },
    -- What the upstream's answer is to browsers: a person's own, what may be a page, or an upstream's that says all by itself.
    answer = { type = "string", enum = { "private", "page", "whole" } },
    -- A subprotocol that the upstream of a WebSocket speaks without saying so (RFC 6455).
    websocket_protocol = { type = "string", minLength = 1 },
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

function _M.rewrite(conf, ctx)
  -- As it was sent: APISIX keeps a cleaned copy of it in ctx.var.
  local uri, status = raw_path.upstream_uri(ngx.var.request_uri, conf.path, conf.upstream_path)
  if not uri then return status end
  if conf.hidden and raw_path.is_below(ngx.var.request_uri, conf.hidden) then return 404 end
  ctx.kit_upstream_uri = uri
  if conf.answer then ngx.var.kit_answer = conf.answer end
end

-- After every plugin's rewrite: proxy-rewrite always sets a path.
function _M.access(conf, ctx)
  local headers = ngx.req.get_headers(0)
  if conf.authorization == "basic" then
    local user = basic.user(headers["authorization"], ngx.decode_base64)
    if not mail_address.is_user(user, conf.user_domains) then
      core.response.set_header("WWW-Authenticate", conf.challenge or "Basic")
      return 401
    end
  elseif conf.authorization == "none" then
    core.request.set_header(ctx, "authorization", nil)
  end
  ctx.var.upstream_uri = ctx.kit_upstream_uri
  -- The only one. APISIX 3.2 has put it together before, with what the client sent.
  if ngx.var.var_x_forwarded_for then ngx.var.var_x_forwarded_for = ngx.var.remote_addr end
  -- Compressed, it would tell of secrets by its length.
  if conf.answer == "private" then core.request.set_header(ctx, "accept-encoding", nil) end
  for name, value in pairs(conf.headers or {}) do core.request.set_header(ctx, name, value) end
  if not conf.cookies then core.request.set_header(ctx, "cookie", nil) end
  if conf.websocket_protocol then
    local name = "sec-websocket-protocol"
    ctx.kit_websocket_protocol = websocket_protocol.chosen(headers[name], conf.websocket_protocol)
    core.request.set_header(ctx, name, nil)
  end
end

function _M.header_filter(conf, ctx)
  if not conf.cookies then ngx.header["Set-Cookie"] = nil end
  if ngx.status == 101 and ctx.kit_websocket_protocol then
    ngx.header["Sec-WebSocket-Protocol"] = ctx.kit_websocket_protocol
  end
end

return _M
