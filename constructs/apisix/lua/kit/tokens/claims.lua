-- What must hold for the claims of an access token whose signature was verified, or that Keycloak called active.
--
-- openid-connect of APISIX 3.2 looks at the signature only, and of any release lets a token live two minutes past its
-- expiry; an ID token, a refresh token and a logout token carry the same signature.
local mail_address = require("kit.mail_address")

local claims = {}

local longest_id = 255

-- `aud` is one name or a list of them (RFC 7519).
function claims.is_for(audience, name)
  if type(audience) ~= "table" then return audience == name end
  for _, one in ipairs(audience) do
    if one == name then return true end
  end
  return false
end

-- Of a session or a token.
function claims.is_id(value)
  return type(value) == "string" and value ~= "" and #value <= longest_id
end

-- Keycloak says by `typ` what a token is. Other providers' access tokens have what no other token has (RFC 9068, section 2.2;
-- some say scp).
local function is_access_token(token, expected)
  if token.typ ~= nil or not expected.untyped then return token.typ == expected.type end
  return token.scope ~= nil or token.scp ~= nil or token.client_id ~= nil
end

-- expected: issuer, audience, type, untyped (whether a token may be without a type), user_claim, user_domains (list, or nil), clock_skew (seconds), revocation (any value:
-- a session is needed).
-- now: seconds since 1970. Gives the user, or nil and why not.
function claims.user(token, expected, now)
  if type(token) ~= "table" then return nil, "no claims" end
  if token.iss ~= expected.issuer then return nil, "of another issuer" end
  if not claims.is_for(token.aud, expected.audience) then return nil, "for another audience" end
  if not is_access_token(token, expected) then return nil, "of another type" end
  if type(token.exp) ~= "number" or token.exp + expected.clock_skew <= now then return nil, "expired" end
  if token.nbf ~= nil and (type(token.nbf) ~= "number" or token.nbf - expected.clock_skew > now) then
    return nil, "not valid yet"
  end
  if expected.revocation and not claims.is_id(token.sid) then return nil, "without a session" end
  local user = token[expected.user_claim]
  if not mail_address.is_user(user) then return nil, "without a user" end
  if not mail_address.is_user(user, expected.user_domains) then return nil, "of another domain's user" end
  return user
end

return claims
