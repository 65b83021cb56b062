-- Asks an OpenID provider whether a token that mod_oauth2 has verified is still active (RFC 7662).
local provider = require("provider")

local timeout = 5

function is_active(request, url, authorization, authorities)
  -- httpd asks once before mod_oauth2 has read the token, and again after that.
  if not request.user then return apache2.AUTHZ_DENIED_NO_USER end
  local token = provider.bearer(request.headers_in["Authorization"])
  if not token then return apache2.AUTHZ_DENIED end
  local settings = { authorities = authorities, timeout = timeout }
  local active, problem = provider.is_active(url, settings, authorization, token)
  if active then return apache2.AUTHZ_GRANTED end
  if active == nil then request:err("the OpenID provider cannot be asked about tokens: " .. problem) end
  return apache2.AUTHZ_DENIED
end
