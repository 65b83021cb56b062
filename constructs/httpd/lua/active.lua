-- Asks an OpenID provider whether a token that mod_oauth2 has verified is still active (RFC 7662).
local json = require("cjson.safe")
local http = require("socket.http")
local ltn12 = require("ltn12")
local certificate = require("certificate")
local socket = require("socket")
local ssl = require("ssl")

-- Seconds that the provider has for each step.
local timeout = 5

local tls_options = { "all", "no_sslv2", "no_sslv3", "no_tlsv1", "no_tlsv1_1" }

-- Makes a connection whose certificate is of its host and of an authority in the file or folder, as
-- socket.http wants one.
local function verified(authorities)
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

-- The status, and the text.
local function ask(url, authorization, token, authorities)
  local body = "token_type_hint=access_token&token=" .. token:gsub("[^%w._~-]", function(char)
    return ("%%%02X"):format(char:byte())
  end)
  local parts = {}
  http.TIMEOUT = timeout
  local secure = url:find("^https:")
  local ok, status = http.request({
    -- socket.http knows no https; what it connects is secure.
    url = secure and url:gsub("^https:", "http:"):gsub("^(http://[^/:]+)(/)", "%1:443%2") or url,
    create = secure and verified(authorities) or nil,
    method = "POST",
    headers = {
      authorization = authorization,
      accept = "application/json",
      ["content-type"] = "application/x-www-form-urlencoded",
      ["content-length"] = tostring(#body),
    },
    source = ltn12.source.string(body),
    sink = ltn12.sink.table(parts),
    redirect = false,
  })
  if not ok then return nil, status end
  return status, table.concat(parts)
end

function is_active(request, url, authorization, authorities)
  -- httpd asks once before mod_oauth2 has read the token, and again after that.
  if not request.user then return apache2.AUTHZ_DENIED_NO_USER end
  local token = (request.headers_in["Authorization"] or ""):match("^%s*[Bb][Ee][Aa][Rr][Ee][Rr]%s+(%S+)%s*$")
  if not token then return apache2.AUTHZ_DENIED end
  local status, text = ask(url, authorization, token, authorities)
  local answer = status == 200 and json.decode(text)
  if type(answer) == "table" and answer.active == true then return apache2.AUTHZ_GRANTED end
  if status ~= 200 then request:err("the OpenID provider cannot be asked about tokens: " .. tostring(status or text)) end
  return apache2.AUTHZ_DENIED
end
