-- Certificates whose files are replaced while they are in use (constructs/certificates/server-certificate.ts).
local certificate_files = {}
certificate_files.__index = certificate_files

-- Seconds for which nobody looks whether a pair was replaced.
local validity = 5

-- The certificate for a host (RFC 9525, section 6.3): one that names it, else one with a wildcard for it, else the first.
-- host: in lower case, nil for none. list: each has `hosts`.
function certificate_files.named(list, host)
  local wildcard = host and host:gsub("^[^.]*", "*", 1)
  local by_wildcard
  for _, certificate in ipairs(list) do
    for _, one in ipairs(certificate.hosts) do
      if one == host then return certificate end
      if one == wildcard then by_wildcard = by_wildcard or certificate end
    end
  end
  return by_wildcard or list[1]
end

-- read: gives the text of a file, or nil and an error. parse_chain, parse_key: of PEM, alike. now: gives seconds.
function certificate_files.new(read, parse_chain, parse_key, now)
  local self = { read = read, parse_chain = parse_chain, parse_key = parse_key, now = now, known = {} }
  return setmetatable(self, certificate_files)
end

-- Of one pair: both files are replaced at once, which can come between the two reads.
local function texts(self, certificate)
  local chain, err = self.read(certificate.chain)
  if not chain then return nil, err end
  local key
  key, err = self.read(certificate.key)
  if not key then return nil, err end
  if self.read(certificate.chain) ~= chain then return nil, certificate.chain .. " was just replaced" end
  return chain, key
end

local function load(self, certificate, known)
  local chain, key = texts(self, certificate)
  if not chain then return nil, key end
  if known and known.chain_text == chain then return known end
  local loaded, err = { chain_text = chain }
  loaded.chain, err = self.parse_chain(chain)
  if not loaded.chain then return nil, certificate.chain .. ": " .. err end
  loaded.key, err = self.parse_key(key)
  if not loaded.key then return nil, certificate.key .. ": " .. err end
  return loaded
end

-- certificate: has `chain` and `key`, paths of files. Gives what `parse_chain` and `parse_key` made of them: the last pair that
-- could be read. Or nil and an error, as long as there was none. Beside a pair the error is why the files have no other.
function certificate_files:pair(certificate)
  local known = self.known[certificate]
  if known and self.now() < known.until_then then return known end
  local loaded, err = load(self, certificate, known)
  if not loaded and not known then return nil, err end
  loaded = loaded or known
  loaded.until_then = self.now() + validity
  self.known[certificate] = loaded
  return loaded, err
end

return certificate_files
