-- Answers requests whose token mod_oauth2 refused, once httpd has sent them here by ErrorDocument.
local provider = require("provider")

-- Seconds: patience with the provider, and when clients should come again.
local timeout, retry_after = 5, 5

-- Whether the provider says something about the token, whatever it is, or gives its keys where it cannot be asked about one;
-- or nil and why it does not.
local function decides(env, token)
  local settings = { authorities = env.KIT_PROVIDER_CA, timeout = timeout }
  if env.KIT_PROVIDER_CREDENTIALS then
    local active, problem = provider.is_active(env.KIT_PROVIDER_URL, settings, env.KIT_PROVIDER_CREDENTIALS, token)
    return active ~= nil or nil, problem
  end
  local status, text = provider.request(env.KIT_PROVIDER_URL, settings)
  return status == 200 or nil, tostring(status or text)
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
    return apache2.OK
  end
  local token = provider.bearer(authorization)
  local decided, problem = true, nil
  if token then decided, problem = decides(env, token) end
  if decided then
    challenges["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    request.status = 401
  else
    request:err("the OpenID provider cannot be asked about tokens: " .. problem)
    challenges["WWW-Authenticate"] = nil
    challenges["Retry-After"] = tostring(retry_after)
    request.status = 503
  end
  return apache2.OK
end
