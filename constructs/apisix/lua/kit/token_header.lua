-- The header of a JWT, before anything is verified.
local token_header = {}

-- base64url, json: decoders that give nil for what they cannot read. Gives a table or nil.
function token_header.read(token, base64url, json)
  local part = token:match("^([^.]+)%.")
  local text = part and base64url(part)
  local header = text and json(text)
  return type(header) == "table" and header or nil
end

return token_header
