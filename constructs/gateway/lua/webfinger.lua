-- WebFinger (RFC 7033) that names the issuer of a domain's users (OpenID Connect Discovery 1.0, section 2).
--
-- httpd's mod_lua (Lua 5.3) and APISIX (LuaJIT) both run it, hence nothing but the string library. It looks at the
-- domain only, so that nobody learns which users exist.
local text = require("text")

local webfinger = {}

local issuer_rel = "http://openid.net/specs/connect/1.0/issuer"

-- A query is a URI's, not a form's: "+" stays, and mail addresses have it. nil when a "%" starts no escape.
local function decode(text)
  if text:gsub("%%%x%x", ""):find("%%") then return nil end
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function json_string(text)
  return '"' .. text:gsub('[%c"\\]', function(char) return ("\\u%04x"):format(char:byte()) end) .. '"'
end

-- The values of `resource` and of `rel`, in order; nil when the query cannot be read.
local function parameters(query)
  local found = { resource = {}, rel = {} }
  for pair in query:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    name, value = decode(name), decode(value)
    if not name or not value then return nil end
    local values = found[name]
    if values then values[#values + 1] = value end
  end
  return found.resource, found.rel
end

-- The domain that a URI is about; nil when it has none. False when it is no URI.
local function domain_of(uri)
  local scheme, rest = uri:match("^(%a[%w+.-]*):(.+)$")
  if not scheme or uri:find("[%c ]") or not text.is_utf8(uri) then return false end
  scheme = scheme:lower()
  local domain
  if scheme == "acct" or scheme == "mailto" then
    domain = rest:match("^.+@([^@]+)$")
  elseif scheme == "https" or scheme == "http" then
    local authority = rest:match("^//([^/?#]+)")
    domain = authority and authority:gsub("^.*@", ""):gsub(":%d*$", "")
  end
  return domain
end

local function contains(list, wanted, spelling)
  for _, value in ipairs(list) do
    if spelling(value) == spelling(wanted) then return true end
  end
  return false
end

local function refuse(status, why)
  return status, "text/plain", why .. "\n"
end

-- query: what follows the "?", as it was sent, or nil. issuer: its URL. domains: a list. Gives status, content type and body.
function webfinger.answer(query, issuer, domains)
  local resources, rels = parameters(query or "")
  if not resources then return refuse(400, "the query is not percent-encoded") end
  if #resources ~= 1 then return refuse(400, "exactly one resource is needed") end
  local resource = resources[1]
  local domain = domain_of(resource)
  if domain == false then return refuse(400, "the resource is no URI") end
  if not domain or not contains(domains, domain, string.lower) then return refuse(404, "nothing is known of this resource") end
  local link = ""
  if #rels == 0 or contains(rels, issuer_rel, tostring) then
    link = ('{"rel":%s,"href":%s}'):format(json_string(issuer_rel), json_string(issuer))
  end
  return 200, "application/jrd+json", ('{"subject":%s,"links":[%s]}'):format(json_string(resource), link)
end

return webfinger
