-- What a worker has found out about tokens, so that it need not find it out at every request.
local verified_tokens = {}
verified_tokens.__index = verified_tokens

-- Seconds that it is good for, however long the token lives: a realm can give up a key.
local longest = 3600

-- cache: of resty.lrucache. digest: of two texts, one way.
function verified_tokens.new(cache, digest)
  return setmetatable({ cache = cache, digest = digest }, verified_tokens)
end

-- realm: by what the token was verified, in a text of a fixed length. Gives what was kept, or nil.
function verified_tokens:find(realm, token, now)
  local entry = self.cache:get(self.digest(realm, token))
  return entry and now < entry.expiry and entry.found or nil
end

-- expiry: since when the token is good no longer, in seconds since 1970.
function verified_tokens:keep(realm, token, found, expiry, now)
  local last = math.min(expiry, now + longest)
  self.cache:set(self.digest(realm, token), { found = found, expiry = last }, last - now)
end

return verified_tokens
