-- image.lua: wrk posts the file BENCH_BODY to the path it is given.
local token = os.getenv("BENCH_TOKEN")
local file = assert(io.open(assert(os.getenv("BENCH_BODY")), "rb"))

wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Authorization"] = "Bearer " .. token
wrk.headers["Content-Type"] = "application/json"
