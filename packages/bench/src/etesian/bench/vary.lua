-- wrk: ask for another target each time, in turns; the first argument says how many there are.
local requests, turn = {}, 0

function init(arguments)
  for number = 1, tonumber(arguments[1]) do
    requests[number] = wrk.format(nil, wrk.path .. "?page=" .. number)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end
