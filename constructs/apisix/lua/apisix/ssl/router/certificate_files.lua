-- Which certificate a client is shown: APISIX's `apisix.router.ssl`. In place of its own, which has them in `ssls` of apisix.yaml
-- (docs/decisions/0021-certificates-of-apisix-in-files.md).
--
-- plugin_attr.kit-certificates.list of config.yaml: { hosts, chain, key }, the latter two paths of PEM files.
local core = require("apisix.core")
local certificate_files = require("kit.certificate_files")
local ngx_ssl = require("ngx.ssl")
local ngx = ngx

local _M = { version = 0.1 }

-- As APISIX calls what it finds in `ssls`.
local certificates

local function read(path)
  local file, err = io.open(path, "rb")
  if not file then return nil, err end
  local text
  text, err = file:read("*a")
  file:close()
  return text, err
end

local files = certificate_files.new(read, ngx_ssl.parse_pem_cert, ngx_ssl.parse_pem_priv_key, ngx.now)

function _M.init_worker()
  local list = core.table.try_read_attr(core.config.local_conf(), "plugin_attr", "kit-certificates", "list")
  certificates = {}
  for index, certificate in ipairs(list) do
    certificates[index] = { hosts = certificate.hosts, value = certificate }
  end
end

-- match_only: APISIX sets it in another phase, or asks about a request's Host. sni: in place of the client's.
function _M.match_and_set(api_ctx, match_only, sni)
  local host, err = sni
  if not host then
    host, err = ngx_ssl.server_name()
    if err then return false, err end
  end
  api_ctx.matched_ssl = certificate_files.named(certificates, host and host:lower())
  api_ctx.matched_sni = host
  if match_only then return true end
  return _M.set(api_ctx.matched_ssl)
end

function _M.set(matched_ssl)
  local pair, err = files:pair(matched_ssl.value)
  if not pair then return false, err end
  if err then core.log.error("the certificate that was there is shown: ", err) end
  local ok
  ok, err = ngx_ssl.clear_certs()
  if ok then
    ok, err = ngx_ssl.set_cert(pair.chain)
  end
  if ok then
    ok, err = ngx_ssl.set_priv_key(pair.key)
  end
  if not ok then return false, matched_ssl.value.chain .. ": " .. err end
  return true
end

-- There are no `ssls`.
function _M.ssls() end

function _M.get_by_id() end

return _M
