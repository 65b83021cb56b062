-- What a text is made of; for httpd's mod_lua (Lua 5.3) and APISIX (LuaJIT).
local text = {}

local tail = "[\128-\191]"
local sequences = {
  "[\194-\223]" .. tail,
  "\224[\160-\191]" .. tail, "\237[\128-\159]" .. tail, "[\225-\236\238\239]" .. tail .. tail,
  "\240[\144-\191]" .. tail .. tail, "\244[\128-\143]" .. tail .. tail, "[\241-\243]" .. tail .. tail .. tail,
}

-- No cut, overlong or surrogate sequence.
function text.is_utf8(bytes)
  for _, sequence in ipairs(sequences) do bytes = bytes:gsub(sequence, "?") end
  return not bytes:find("[\128-\255]")
end

return text
