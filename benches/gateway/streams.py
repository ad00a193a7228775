#!/usr/bin/env python3
"""Idle memory, start time, how fast the upstream is let go when a client leaves, and 1,000 live streams through the
gateway: what it adds to the first token, how much memory it takes, whether a stream is cut.

    python3 benches/gateway/streams.py [--patou target/release/patou] [--streams 1000] [--rate 50]

Clients and the scripted upstream share this process and one clock. Each event holds when the upstream got the request
and when it sent the event, so that what is added is the way there and the way back, and neither the upstream's own
time nor the client's. The same streams go to the upstream directly first: what they take that way is this script's
own share.
"""

import argparse
import asyncio
import json
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.request

TOKENS = 30
# When the upstream saw each client leave.
LEFT = asyncio.Queue()


def chunk(content, got, finish=None):
    data = {"id": "c", "choices": [{"index": 0, "delta": content, "finish_reason": finish}],
            "got": got, "sent": time.monotonic_ns()}
    text = f"data: {json.dumps(data)}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(text), text)


async def answer(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            got = time.monotonic_ns()
            length = int(next(line.split(b":")[1] for line in head.lower().split(b"\r\n")
                              if line.startswith(b"content-length")))
            await reader.readexactly(length)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            leaving = asyncio.ensure_future(reader.read(1))
            for _ in range(TOKENS):
                writer.write(chunk({"content": "word "}, got))
                await writer.drain()
                if (await asyncio.wait({leaving}, timeout=1))[0]:
                    LEFT.put_nowait(time.monotonic_ns())
                    writer.close()
                    return
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            writer.write(chunk({}, got, "stop") + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def stream(port, number, results):
    # No two alike: nobody waits for another's answer.
    body = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"hello %d"}]}' % number
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sent = time.monotonic_ns()
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-type: application/json\r\n"
                 b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (port, len(body), body))
    added, is_whole = None, False
    while line := await reader.readline():
        if added is None and line.startswith(b"data: {"):
            arrived, told = time.monotonic_ns(), json.loads(line[6:])
            added = (told["got"] - sent) + (arrived - told["sent"])
        if line.startswith(b"data: [DONE]"):
            is_whole = True
            break
    writer.close()
    results.append((added, is_whole))


async def leaves(port, number):
    """How long after a client has left the upstream sees it, in ms."""
    body = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"leaves %d"}]}' % number
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-type: application/json\r\n"
                 b"content-length: %d\r\n\r\n%s" % (port, len(body), body))
    while not (await reader.readline()).startswith(b"data: {"):
        pass
    left = time.monotonic_ns()
    writer.transport.abort()
    return (await asyncio.wait_for(LEFT.get(), 10) - left) / 1e6


async def streams(port, count, rate, during=None):
    results, tasks, begin = [], [], time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0, begin + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(stream(port, number, results)))
    seen = during() if during else None
    await asyncio.gather(*tasks)
    return results, seen


def resident_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(binary, home, upstream):
    port = free_port()
    (home / "patou.toml").write_text(
        f'[gateway.backends.one]\nbase_url = "http://127.0.0.1:{upstream}/v1"\n'
        '[gateway.routes.m]\nbackends = ["one"]\ncache_seconds = 60\ntokens_per_minute = 1000000000\n')
    log = open(home / "log", "w")
    command = [binary, "--home", home, "--config", home / "patou.toml", "--offline", "serve", "--listen",
               f"127.0.0.1:{port}"]
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=log, stderr=log)
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return process, port, (time.monotonic() - begin) * 1e3
        except OSError:
            assert process.poll() is None, (home / "log").read_text()
            time.sleep(0.002)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--patou", type=pathlib.Path, default=pathlib.Path("target/release/patou"))
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=50)
    arguments = parser.parse_args()
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    upstream = server.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        times = []
        for _ in range(5):
            process, port, ms = start(arguments.patou.resolve(), pathlib.Path(home), upstream)
            times.append(ms)
            process.terminate()
            process.wait()
        process, port, _ = start(arguments.patou.resolve(), pathlib.Path(home), upstream)
        print(f"serving after                {percentile(times, .5):8.0f} ms (median of 5)")
        await asyncio.sleep(1)
        print(f"idle                         {resident_mb(process.pid):8.1f} MB")
        ms = [await leaves(port, number) for number in range(100)]
        print(f"upstream let go after        p50 {percentile(ms, .5):7.3f}  max {max(ms):7.3f} ms", flush=True)
        direct, _ = await streams(upstream, arguments.streams, arguments.rate)
        through, mb = await streams(port, arguments.streams, arguments.rate, lambda: resident_mb(process.pid))
        print(f"with {arguments.streams} live streams       {mb:8.1f} MB")
        for name, results in (("direct", direct), ("through the gateway", through)):
            ms = [added / 1e6 for added, _ in results if added is not None]
            print(f"first token, {name:20} p50 {percentile(ms, .5):7.3f}  p99 {percentile(ms, .99):7.3f} ms")
        cut = sum(not is_whole for _, is_whole in through)
        print(f"streams cut                  {cut:8d}")
        process.terminate()
        process.wait()


asyncio.run(main())
