-- Whether a certificate is of a host; nothing but the string library, and data.
local certificate = {}

-- Whether a name in a certificate is the host's (RFC 6125, section 6.4.3).
local function names(pattern, host)
  if pattern == host then return true end
  return pattern:sub(1, 2) == "*." and pattern:sub(2) == host:match("^[^.]+(%..+)$")
end

local function is_address(host) return host:find("^[%d.]+$") ~= nil end

-- found: the subject's alternative names in a certificate, lists dNSName and iPAddress.
function certificate.is_of(found, host)
  if is_address(host) then
    for _, address in ipairs(found.iPAddress or {}) do
      if address == host then return true end
    end
    return false
  end
  for _, name in ipairs(found.dNSName or {}) do
    if names(name:lower(), host:lower()) then return true end
  end
  return false
end

certificate.is_address = is_address

return certificate
