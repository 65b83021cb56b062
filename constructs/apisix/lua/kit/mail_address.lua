-- The users that a gateway can name to an upstream, unchanged: constructs/mail-address.ts in Lua, and which are a realm's.
local mail_address = {}

local first, character = "^[%w_]", "^[%w!#$%%'*+%-/=^_`{|}.]*$"

local function is_label(label)
  return #label <= 63 and label:find("^%w[%w-]*$") ~= nil and label:sub(-1) ~= "-"
end

-- Gives the domain, in lower case; nil when it is no address of that form.
local function domain_of(address)
  if #address > 254 then return nil end
  local name, domain = address:match("^([^@]+)@([^@]+)$")
  if not name or #name > 64 or not name:find(first) or not name:find(character) then return nil end
  if name:find("..", 1, true) or name:sub(-1) == "." then return nil end
  for label in (domain .. "."):gmatch("([^.]*)%.") do
    if not is_label(label) then return nil end
  end
  return domain:lower()
end

-- domains: a list, in lower case, of which it must be; nil for any.
function mail_address.is_user(value, domains)
  local domain = type(value) == "string" and domain_of(value)
  if not domain then return false end
  if not domains then return true end
  for _, one in ipairs(domains) do
    if domain == one then return true end
  end
  return false
end

return mail_address
