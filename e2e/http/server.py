"""Usage: python server.py CERT KEY: prints the ports of HTTP and HTTPS."""

import asyncio
import socket
import sys

import uvicorn


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    path = scope["path"]
    if path == "/refuse":
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b"too large"})
        return
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if path == "/echo":
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    gone = asyncio.ensure_future(receive())
    i = 0
    while not gone.done() and (path == "/endless" or i < 10):
        part = {"type": "http.response.body", "body": b"chunk %d\n" % i, "more_body": True}
        await send(part)
        await asyncio.sleep(0.005)
        i += 1
    gone.cancel()
    await send({"type": "http.response.body", "body": b""})


async def main():
    cert, key = sys.argv[1:3]
    servers, ports = [], []
    for tls in ({}, {"ssl_certfile": cert, "ssl_keyfile": key}):
        s = socket.create_server(("127.0.0.1", 0))
        ports.append(str(s.getsockname()[1]))
        config = uvicorn.Config(app, log_level="error", timeout_keep_alive=1, **tls)
        servers.append(uvicorn.Server(config).serve(sockets=[s]))
    print(*ports, flush=True)
    await asyncio.gather(*servers)


asyncio.run(main())
