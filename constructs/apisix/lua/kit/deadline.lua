-- Time limits for what waits for others, name look-ups included.
local deadline = {}

local late = {}

-- thread: ngx.thread; sleep: ngx.sleep. Gives the two values that `run` gives; or nil and an error, after `seconds` at most.
function deadline.within(seconds, run, thread, sleep)
  local work = thread.spawn(run)
  local clock = thread.spawn(function()
    sleep(seconds)
    return late
  end)
  local ok, answer, err = thread.wait(work, clock)
  thread.kill(work)
  thread.kill(clock)
  if not ok then return nil, answer end
  if answer == late then return nil, "no answer within " .. seconds .. " s" end
  return answer, err
end

return deadline
