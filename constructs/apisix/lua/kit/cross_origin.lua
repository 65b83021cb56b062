-- What a browser is told about pages of other origins (constructs/gateway/cors.ts).
local cross_origin = {}

local function allowed(origins, origin)
  for _, one in ipairs(origins or {}) do
    if one == "*" or one == origin then return one end
  end
end

-- conf: of kit-cors. origin: header of the request, nil without one, a table of several.
-- Gives the origin that is allowed, or nil, and the headers of the answer; what is not among them must not be in it.
function cross_origin.headers(conf, origin, method)
  local one = allowed(conf.origins, origin)
  if not one then return nil, {} end
  local headers = {
    ["Access-Control-Allow-Origin"] = one,
    ["Access-Control-Expose-Headers"] = conf.expose_headers,
  }
  if method == "OPTIONS" then
    headers["Access-Control-Allow-Methods"] = conf.methods
    headers["Access-Control-Allow-Headers"] = conf.allow_headers
    headers["Access-Control-Max-Age"] = conf.max_age
  end
  return one, headers
end

return cross_origin
