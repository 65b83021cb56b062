-- Moves a request from a route's path to its upstream's, byte for byte.
--
-- nginx matches routes by a path that it has decoded and cleaned. What goes on must be what was sent: names of
-- downloads hold %2F and double slashes. So the path is read as it was sent, and must be spelled as the route's is.
local raw_path = {}

-- Whether an upstream could read a part of it as "." or "..": plain, encoded, beside an encoded slash or a backslash,
-- or with parameters.
local function has_dot_segment(path)
  local plain = path:lower():gsub("%%2e", "."):gsub("%%2f", "/"):gsub("%%5c", "/"):gsub("\\", "/")
  for segment in plain:gmatch("[^/]+") do
    local name = segment:match("^[^;]*")
    if name == "." or name == ".." then return true end
  end
  return false
end

-- uri: path and query as they were sent. path, upstream_path: exact, or both prefixes that end in "/*".
-- Gives the URI for the upstream, or nil and a status.
function raw_path.upstream_uri(uri, path, upstream_path)
  local sent = uri:match("^[^?]*")
  -- A fragment is never sent, and upstreams differ about it.
  if sent:find("#", 1, true) or has_dot_segment(sent) then return nil, 400 end
  if path:sub(-2) ~= "/*" then
    if sent ~= path then return nil, 404 end
    return upstream_path .. uri:sub(#path + 1)
  end
  local stem = path:sub(1, -2)
  if sent:sub(1, #stem) ~= stem then return nil, 404 end
  return upstream_path:sub(1, -2) .. uri:sub(#stem + 1)
end

-- Whether an upstream could read a path as one of some, or as below one: encoded once, with empty segments or parameters.
-- uri: as it was sent. paths: plain.
function raw_path.is_below(uri, paths)
  local plain = uri:match("^[^?]*"):gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end)
  local read = ""
  for segment in plain:gmatch("[^/\\]+") do
    local name = segment:match("^[^;]*")
    if name ~= "" then read = read .. "/" .. name end
  end
  for _, path in ipairs(paths) do
    if (read .. "/"):sub(1, #path + 1) == path .. "/" then return true end
  end
  return false
end

return raw_path
