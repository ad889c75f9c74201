-- wrk: POSTs the bodies of the file named first, a line each, in turn; each connection pauses before each request for
-- as many milliseconds as the second argument says. Prints one JSON line at the end.
local requests, turn, pause = {}, 0, 0

function init(args)
    for body in io.lines(args[1]) do
        requests[#requests + 1] = wrk.format("POST", nil, nil, body)
    end
    pause = tonumber(args[2])
end

function delay()
    return pause
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end

function done(summary)
    local e = summary.errors
    io.write(string.format('\n{"requests": %d, "seconds": %.6f, "errors": %d}\n',
        summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout))
end
