-- Answers a request by mod_lua; the route's values are in the environment of the request.
local webfinger = require("webfinger")

function handle(request)
  local values = request.subprocess_env
  local domains = {}
  for domain in values.KIT_WEBFINGER_DOMAINS:gmatch("%S+") do domains[#domains + 1] = domain end
  local status, content_type, body = webfinger.answer(request.args, values.KIT_WEBFINGER_ISSUER, domains)
  request.status = status
  request.content_type = content_type
  request:write(body)
  return apache2.OK
end
