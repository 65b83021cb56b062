-- Answers requests whose token mod_oauth2 refused, once httpd has sent them here by ErrorDocument.
local http = require("socket.http")

-- Seconds: patience with the realm, and when clients should come again.
local timeout, retry_after = 2, 5

-- Whether the realm answers, whatever it answers: GET is no question about a token.
local function is_there(url)
  local client = url:find("^https:") and require("ssl.https") or http
  client.TIMEOUT = timeout
  local ok, status = client.request({ url = url, method = "GET", redirect = false, sink = function() return 1 end })
  return ok ~= nil and type(status) == "number" and status < 500
end

function handle(request)
  local env = request.subprocess_env
  -- httpd has renamed them; the headers of the answer and the log go by them.
  env.KIT_ROUTE, env.KIT_ORIGIN = env.REDIRECT_KIT_ROUTE, env.REDIRECT_KIT_ORIGIN
  local authorization = request.headers_in["Authorization"]
  local challenges = request.err_headers_out
  request.content_type = "text/plain"
  if not authorization or not authorization:lower():find("^bearer ") then
    -- Without an error where there was no token (RFC 6750, section 3.1); mod_oauth2 says one.
    challenges["WWW-Authenticate"] = "Bearer"
    request.status = 401
  elseif is_there(env.KIT_PROVIDER_URL) then
    challenges["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    request.status = 401
  else
    challenges["WWW-Authenticate"] = nil
    challenges["Retry-After"] = tostring(retry_after)
    request.status = 503
  end
  return apache2.OK
end
