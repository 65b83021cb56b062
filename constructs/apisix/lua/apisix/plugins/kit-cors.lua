-- Cross-origin access for pages of the origins that are named (constructs/gateway/cors.ts).
--
-- APISIX's own cors names its one origin to everybody, leaves what the upstream says to pages of other origins, and knows
-- no origins of browser extensions.
local core = require("apisix.core")
local cross_origin = require("kit.cross_origin")
local ngx = ngx

local text = { type = "string", minLength = 1 }

local schema = {
  type = "object",
  properties = {
    -- Or "*" alone; none without it.
    origins = { type = "array", items = text },
    methods = text,
    allow_headers = text,
    expose_headers = text,
    -- Seconds.
    max_age = { type = "integer", minimum = 0 },
  },
  required = { "methods", "allow_headers", "expose_headers", "max_age" },
  additionalProperties = false,
}

-- As cors: before everything that asks who it is; after kit-forward, to which another spelling is no path of the route.
local _M = { version = 0.1, priority = 4000, name = "kit-cors", schema = schema }

function _M.check_schema(conf)
  return core.schema.check(schema, conf)
end

function _M.rewrite(conf, ctx)
  if core.request.get_method() == "OPTIONS" then return 204 end
end

-- Upstreams do not speak for themselves.
local names = {
  "Access-Control-Allow-Origin",
  "Access-Control-Allow-Credentials",
  "Access-Control-Allow-Headers",
  "Access-Control-Allow-Methods",
  "Access-Control-Expose-Headers",
  "Access-Control-Max-Age",
}

function _M.header_filter(conf, ctx)
  local origin, headers = cross_origin.headers(conf, ngx.req.get_headers(0)["origin"], core.request.get_method())
  for _, name in ipairs(names) do ngx.header[name] = headers[name] end
  if origin ~= "*" then core.response.add_header("Vary", "Origin") end
end

return _M
