-- The mail domain of a user: a realm's people are those of its domains, whoever its tokens name.
local user_domain = {}

-- domains: a list, in lower case. An address has one "@".
function user_domain.is_one_of(user, domains)
  local domain = user:match("^[^@]+@([^@]+)$")
  if not domain then return false end
  for _, one in ipairs(domains) do
    if domain:lower() == one then return true end
  end
  return false
end

-- authorization: a header of the scheme Basic (RFC 7617). decode: of base64, nil for what is none.
-- Gives the user; nil for a spelling that an upstream could read otherwise.
function user_domain.of_basic(authorization, decode)
  local encoded = authorization:match("^[Bb][Aa][Ss][Ii][Cc] +([%w+/]+=*)$")
  local text = encoded and decode(encoded)
  return text and text:match("^([^:%c]+):")
end

return user_domain
