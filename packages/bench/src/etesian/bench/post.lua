-- wrk: POST a body of as many octets as the first argument says.
function init(arguments)
  wrk.method = "POST"
  wrk.body = string.rep("x", tonumber(arguments[1]))
end
