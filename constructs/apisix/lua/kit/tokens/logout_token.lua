-- What must hold for a logout token whose signature was verified (OpenID Connect Back-Channel Logout 1.0, section 2.6).
local claims = require("kit.tokens.claims")

local logout_token = {}

local logout_event = "http://schemas.openid.net/event/backchannel-logout"

local function is_for_one(audience, clients)
  for _, client in ipairs(clients) do
    if claims.is_for(audience, client) then return true end
  end
  return false
end

-- header, token: the two decoded parts. expected: issuer, clients (list), max_age and clock_skew (seconds).
-- now: seconds since 1970. Gives the session that ended and the token's id, or nil and why not.
function logout_token.session(header, token, expected, now)
  if type(header) ~= "table" or type(token) ~= "table" then return nil, "no claims" end
  -- Both are optional. Access, ID and refresh tokens of Keycloak say that they are such.
  local media_type = type(header.typ) == "string" and header.typ:lower()
  if header.typ ~= nil and media_type ~= "jwt" and media_type ~= "logout+jwt" then return nil, "of another type" end
  if token.typ ~= nil and token.typ ~= "Logout" then return nil, "of another type" end
  if token.iss ~= expected.issuer then return nil, "of another issuer" end
  if not is_for_one(token.aud, expected.clients) then return nil, "for another client" end

  local skew = expected.clock_skew
  if type(token.iat) ~= "number" or token.iat > now + skew then return nil, "not issued yet" end
  if token.iat < now - expected.max_age - skew then return nil, "too old" end
  if type(token.exp) ~= "number" then return nil, "without an expiry" end
  if token.exp + skew <= now then return nil, "expired" end
  if token.exp > now + expected.max_age + skew then return nil, "good for too long" end

  if type(token.events) ~= "table" or type(token.events[logout_event]) ~= "table" then
    return nil, "without the event of a logout"
  end
  -- Prohibited, so that no ID token passes for one.
  if token.nonce ~= nil then return nil, "with a nonce" end
  if not claims.is_id(token.jti) then return nil, "without an id" end
  if not claims.is_id(token.sid) then return nil, "without a session" end
  return token.sid, token.jti
end

return logout_token
