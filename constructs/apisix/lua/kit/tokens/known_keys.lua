-- Keeps forged tokens from making the gateway ask Keycloak for its keys again and again.
--
-- openidc takes new keys into use without a restart: it asks for all of them when a token names one that it does not
-- have. Anybody can name keys. So tokens with unknown ones are let through to it a few times a second; that is enough
-- for it to learn of a new key, and then the key is known to all.
local known_keys = {}

-- Over all workers, per second.
local most_questions = 5

-- Where openidc keeps the keys: by the URL that the discovery document names, which does not change.
local urls = {}

local function keys_url(discovery, caches, decode)
  if not urls[discovery] then
    local text = caches.discovery:get(discovery)
    local document = text and decode(text)
    urls[discovery] = document and document.jwks_uri
  end
  return urls[discovery]
end

-- Whether openidc would find the key without asking, or has not asked yet and must.
local function is_settled(kid, url, caches, decode)
  -- The key itself, once a token with it was verified; before that, the answer with all keys.
  if not url or caches.jwks:get(url .. "#" .. kid) then return true end
  local text = caches.jwks:get(url)
  local document = text and decode(text)
  if not document then return true end
  for _, key in ipairs(document.keys or {}) do
    if key.kid == kid then return true end
  end
  return false
end

-- header: of a token, decoded. discovery: URL of the realm's discovery document. caches: openidc's shared
-- dictionaries, `discovery` and `jwks`. decode: of JSON.
-- Gives true; or false, why not, and whether the same token may be taken later.
function known_keys.may_verify(header, discovery, caches, decode)
  if not header then return false, "no token" end
  -- What openidc can verify by a realm's keys.
  if type(header.alg) ~= "string" or not header.alg:find("^RS%d%d%d$") then return false, "of another algorithm" end
  if type(header.kid) ~= "string" or #header.kid > 255 then return false, "without a key id" end
  if is_settled(header.kid, keys_url(discovery, caches, decode), caches, decode) then return true end
  local questions = caches.jwks:incr("kit-unknown-keys", 1, 0, 1)
  if questions and questions > most_questions then return false, "of an unknown key, and too many are", true end
  return true
end

return known_keys
