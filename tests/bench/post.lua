-- For wrk: posts one file again and again, and prints what came of it as one line of JSON.
-- wrk ... -s post.lua ADDRESS -- FILE CONTENT-TYPE

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  wrk.headers["Content-Type"] = arguments[2]
  file:close()
end

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "microseconds": %d, "failed": %d, "p50": %.1f, "p99": %.1f}',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
