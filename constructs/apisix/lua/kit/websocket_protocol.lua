-- The subprotocol of a WebSocket (RFC 6455, section 4.2.2).
local websocket_protocol = {}

-- offered: the client's header, a list of them, or nil. Gives `name` when it is offered.
function websocket_protocol.chosen(offered, name)
  local list = type(offered) == "table" and table.concat(offered, ",") or offered or ""
  for one in list:gmatch("[^%s,]+") do
    if one == name then return name end
  end
end

return websocket_protocol
