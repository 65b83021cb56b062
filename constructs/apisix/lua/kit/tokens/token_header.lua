-- The header of a JWT, before anything is verified.
local token_header = {}

-- base64url, json: decoders that give nil for what they cannot read. Gives a table or nil.
function token_header.read(token, base64url, json)
  local part = token:match("^([^.]+)%.")
  local text = part and base64url(part)
  local header = text and json(text)
  return type(header) == "table" and header or nil
end

-- Whether it names no extension that must be understood (RFC 7515, section 4.1.11): openidc understands none, and does not look.
function token_header.is_understood(header)
  return header == nil or header.crit == nil
end

return token_header
