-- Answers with a document, the same to anybody; the route needs no upstream.
local core = require("apisix.core")

local schema = {
  type = "object",
  properties = {
    media_type = { type = "string", pattern = "^[^/]+/[^/]+$" },
    text = { type = "string" },
  },
  required = { "media_type", "text" },
  additionalProperties = false,
}

-- Phase access: kit-cors has answered OPTIONS, and limits (limit-req 1001) hold here too.
local _M = { version = 0.1, priority = 501, name = "kit-document", schema = schema }

function _M.check_schema(conf)
  return core.schema.check(schema, conf)
end

function _M.access(conf)
  local method = core.request.get_method()
  if method ~= "GET" and method ~= "HEAD" then
    core.response.set_header("Allow", "GET, HEAD")
    return 405
  end
  core.response.set_header("Content-Type", conf.media_type)
  return 200, conf.text
end

return _M
