-- For wrk: POSTs a body of as many bytes as the argument says, and prints the summary as JSON on the last line.
function init(args)
  local bytes = tonumber(args[1])
  if bytes == nil then return end
  wrk.method = "POST"
  wrk.body = string.rep("x", bytes)
end

function done(summary)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local line = '\n{"requests":%d,"bytes":%d,"durationMs":%d,"failed":%d}\n'
  io.write(line:format(summary.requests, summary.bytes, summary.duration / 1000, failed))
end
