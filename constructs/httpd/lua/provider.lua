-- Asks an OpenID provider, in clear or by verified TLS.
local json = require("cjson.safe")
local http = require("socket.http")
local ltn12 = require("ltn12")
local certificate = require("certificate")
local socket = require("socket")

local tls_options = { "all", "no_sslv2", "no_sslv3", "no_tlsv1", "no_tlsv1_1" }

-- Makes a connection whose certificate is of its host and of an authority in the file or folder, as
-- socket.http wants one.
local function verified(authorities, timeout)
  local ssl = require("ssl")
  return function()
    local connection = { socket = assert(socket.tcp()) }
    for _, name in ipairs({ "send", "receive", "settimeout", "close" }) do
      connection[name] = function(self, ...) return self.socket[name](self.socket, ...) end
    end
    function connection:connect(host, port)
      local ok, problem = self.socket:connect(host, port)
      if not ok then return nil, problem end
      local tls
      tls, problem = ssl.wrap(self.socket, {
        mode = "client", protocol = "any", options = tls_options,
        verify = { "peer", "fail_if_no_peer_cert" },
        [authorities:find("%.pem$") and "cafile" or "capath"] = authorities,
      })
      if not tls then return nil, problem end
      self.socket = tls
      tls:settimeout(timeout)
      if not certificate.is_address(host) then tls:sni(host) end
      ok, problem = tls:dohandshake()
      if not ok then return nil, problem end
      local names = (tls:getpeercertificate():extensions() or {})["2.5.29.17"] or {}
      if not certificate.is_of(names, host) then return nil, "the certificate is of another host" end
      return 1
    end
    return connection
  end
end

local function escaped(text)
  return (text:gsub("[^%w._~-]", function(char) return ("%%%02X"):format(char:byte()) end))
end

local provider = {}

-- The status and the text, or nil and why there is none.
-- settings: authorities, file or folder of those that the provider's certificate may be of; timeout, seconds that it has
-- for each step.
function provider.request(url, settings, authorization, body)
  local parts = {}
  http.TIMEOUT = settings.timeout
  local secure = url:find("^https:")
  local ok, status = http.request({
    -- socket.http knows no https; what it connects is secure.
    url = secure and url:gsub("^https:", "http:"):gsub("^(http://[^/:]+)(/)", "%1:443%2") or url,
    create = secure and verified(settings.authorities, settings.timeout) or nil,
    method = body and "POST" or "GET",
    headers = {
      authorization = authorization,
      accept = "application/json",
      ["content-type"] = body and "application/x-www-form-urlencoded",
      ["content-length"] = body and tostring(#body),
    },
    source = body and ltn12.source.string(body),
    sink = ltn12.sink.table(parts),
    redirect = false,
  })
  if not ok then return nil, status end
  return status, table.concat(parts)
end

-- Whether a token is active (RFC 7662), or nil and why nobody knows.
function provider.is_active(url, settings, authorization, token)
  local body = "token_type_hint=access_token&token=" .. escaped(token)
  local status, text = provider.request(url, settings, authorization, body)
  if status ~= 200 then return nil, tostring(status or text) end
  local answer = json.decode(text)
  if type(answer) ~= "table" or type(answer.active) ~= "boolean" then return nil, "it answers something else" end
  return answer.active
end

-- The token of a header Authorization.
function provider.bearer(authorization)
  return (authorization or ""):match("^%s*[Bb][Ee][Aa][Rr][Ee][Rr]%s+(%S+)%s*$")
end

return provider
