-- wrk: POSTs the body in the file named first, with a number at its mark, in turn; prints one JSON line at the end.
local requests, turn = {}, 0

function init(args)
    local file = assert(io.open(args[1], "rb"))
    local body = file:read("*a")
    file:close()
    for number = 0, tonumber(args[2]) - 1 do
        local text = body:gsub("@@@@", string.format("%04d", number))
        requests[number] = wrk.format("POST", nil, nil, text)
    end
end

function request()
    turn = (turn + 1) % (#requests + 1)
    return requests[turn]
end

function done(summary, latency)
    local e = summary.errors
    io.write(string.format('\n{"requests": %d, "seconds": %.6f, "errors": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
        summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
