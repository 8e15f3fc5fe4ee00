-- The request that all clients make, for wrk.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer none"

function init(args)
  wrk.body = '{"model":"bench","messages":[{"role":"user","content":"Review 1: arrived on time, works as described, '
    .. 'would buy again. Positive, negative or mixed?"}],"stream":' .. (args[1] or "false") .. '}'
end
