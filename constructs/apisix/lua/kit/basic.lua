-- Basic authentication (RFC 7617), in one spelling only: James answers 500 to base64 that it cannot read, and who could read
-- another user out of a header than the gateway did would be that one.
local text = require("text")

local basic = {}

-- authorization: a header. decode: of base64, nil for what is none. Gives the user, or nil.
function basic.user(authorization, decode)
  if type(authorization) ~= "string" then return nil end
  local encoded = authorization:match("^[Bb][Aa][Ss][Ii][Cc] +([%w+/]+=?=?)$")
  if not encoded or #encoded % 4 ~= 0 then return nil end
  local credentials = decode(encoded)
  if not credentials or credentials:find("%c") or not text.is_utf8(credentials) then return nil end
  return credentials:match("^([^:]+):")
end

return basic
