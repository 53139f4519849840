-- chat.lua: what wrk sends: a small chat, made once so that it costs nothing
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
wrk.body = [[{"model":"gemini-2.5-flash","messages":[]] ..
  [[{"role":"system","content":"You are a helpful assistant."},]] ..
  [[{"role":"user","content":"Hello! Please say hello in one short ]] ..
  [[sentence."}],"temperature":0.7,"max_tokens":256}]]
