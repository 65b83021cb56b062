-- How a request without a good token is answered (RFC 6750, section 3).
--
-- openid-connect says 401 `invalid_token` also when it could not ask the realm, and clients throw good tokens away.
local refusal = {}

-- What it says then, at the start of its error_description.
local unanswered = {
  "accessing ",
  "could not decode JSON from Discovery data",
  "opts.introspection_endpoint not said and ",
  "issuer validation unavailable",
  "response indicates failure",
  "JSON decoding failed",
}

local function cannot_tell(challenge)
  local description = type(challenge) == "string" and challenge:match('error_description="(.*)$')
  for _, start in ipairs(unanswered) do
    if description and description:sub(1, #start) == start then return true end
  end
  return false
end

-- challenge: WWW-Authenticate of a refusal, nil without one. sent: whether there was a bearer token.
-- Gives the status, and the challenge that belongs to it.
function refusal.answer(challenge, sent)
  if not sent then return 401, "Bearer" end
  if cannot_tell(challenge) then return 503, nil end
  return 401, 'Bearer error="invalid_token"'
end

return refusal
