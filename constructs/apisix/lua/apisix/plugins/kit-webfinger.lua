-- Answers WebFinger (RFC 7033); the route needs no upstream.
local core = require("apisix.core")
local webfinger = require("webfinger")

local schema = {
  type = "object",
  properties = {
    issuer = { type = "string", pattern = "^https?://" },
    domains = { type = "array", items = { type = "string", minLength = 1 }, minItems = 1 },
  },
  required = { "issuer", "domains" },
  additionalProperties = false,
}

-- Phase access: kit-cors has answered OPTIONS, and limits (limit-req 1001) hold here too.
local _M = { version = 0.1, priority = 500, name = "kit-webfinger", schema = schema }

function _M.check_schema(conf)
  return core.schema.check(schema, conf)
end

function _M.access(conf, ctx)
  local method = core.request.get_method()
  if method ~= "GET" and method ~= "HEAD" then
    core.response.set_header("Allow", "GET, HEAD")
    return 405
  end
  local status, content_type, body = webfinger.answer(ctx.var.args, conf.issuer, conf.domains)
  core.response.set_header("Content-Type", content_type)
  return status, body
end

return _M
