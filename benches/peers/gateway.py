"""Requests a second and added latency of Patou's gateway beside smg and tensorzero, in one run.

Needs `wrk` and `nginx` (Debian packages of those names) and a release build of Patou. The upstream is a static answer
of nginx; every request's body is another, so that no cache answers. Patou has a key, quotas, the look-up of kept
answers, metrics and the guard on, which refuses attacks and reads answers; the peers have no policies.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

PACKAGES = ["smg==1.13.0", "tensorzero==2026.6.0"]
ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "word " * 40}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 200, "completion_tokens": 40, "total_tokens": 240},
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(target, seconds=60):
    url, headers, model = target
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "hello"}]}).encode()
    end = time.monotonic() + seconds
    while True:
        try:
            request = urllib.request.Request(url, body, {"content-type": "application/json", **headers})
            with urllib.request.urlopen(request, timeout=5) as response:
                return response.read()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def start_upstream(folder):
    port = free_port()
    (folder / "nginx.conf").write_text(f"""
        worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
        events {{ worker_connections 4096; }}
        http {{
            access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
            keepalive_requests 100000000;
            server {{
                listen 127.0.0.1:{port};
                default_type application/json;
                location / {{ return 200 '{json.dumps(ANSWER)}'; }}
            }}
        }}
    """)
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([nginx, "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
    return process, f"http://127.0.0.1:{port}"


def start_patou(binary, folder, upstream):
    port, home = free_port(), folder / "home"
    home.mkdir()
    (home / "patou.toml").write_text(f"""
        [server]
        auth = "keys"
        [gateway.backends.one]
        base_url = "{upstream}/v1"
        [gateway.routes.m]
        backends = ["one"]
        cache_seconds = 60
        guard_prompt = "block"
        tokens_per_minute = 1000000000000
    """)
    command = [binary, "--home", home, "--config", home / "patou.toml", "--offline"]
    made = subprocess.run([*command, "--json", "key", "create", "bench", "--team", "t",
                           "--tokens-per-month", "1000000000000"], check=True, capture_output=True)
    secret = json.loads(made.stdout)["secret"]
    log = open(folder / "patou.log", "w")
    process = subprocess.Popen([*command, "serve", "--listen", f"127.0.0.1:{port}"], stdout=log, stderr=log)
    return process, f"http://127.0.0.1:{port}/v1/chat/completions", {"authorization": f"Bearer {secret}"}


def start_smg(python, folder, upstream):
    port = free_port()
    log = open(folder / "smg.log", "w")
    process = subprocess.Popen(
        [python.parent / "smg", "launch", "--host", "127.0.0.1", "--port", str(port), "--backend", "openai",
         "--worker-urls", upstream, "--log-level", "error", "--disable-retries", "--disable-circuit-breaker",
         "--disable-health-check", "--disable-tokenizer-autoload", "--prometheus-port", str(free_port())],
        stdout=log, stderr=log, cwd=folder)
    return process, f"http://127.0.0.1:{port}/v1/chat/completions", {}


BODY = r"""
-- About 1 KB of a chat request, and no two alike.
local model = os.getenv("BENCH_MODEL")
local authorization = os.getenv("BENCH_AUTHORIZATION")
local words = string.rep("the quick brown fox jumps over the lazy dog ", 20)
local count = 0
local start = os.time() * 1000 + math.random(1000)

wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
if authorization ~= "" then
  wrk.headers["authorization"] = authorization
end

function request()
  count = count + 1
  local body = string.format(
    '{"model":"%s","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"%d-%d %s"}],"max_tokens":64,"temperature":0.2}',
    model, start, count, words)
  return wrk.format(nil, nil, nil, body)
end
"""

TENSORZERO = """
import sys, time
from tensorzero import tensorzero
gateway = tensorzero._start_http_gateway(config_file=sys.argv[1], clickhouse_url=None, postgres_url=None,
                                         valkey_url=None, async_setup=False)
print("listening", gateway.base_url, flush=True)
while True:
    time.sleep(3600)
"""


def start_tensorzero(python, folder, upstream):
    (folder / "tensorzero.toml").write_text(f"""
        [gateway]
        observability.enabled = false
        [models.m]
        routing = ["one"]
        [models.m.providers.one]
        type = "openai"
        model_name = "m"
        api_base = "{upstream}/v1/"
        api_key_location = "none"
    """)
    log = open(folder / "tensorzero.log", "w")
    process = subprocess.Popen([python, "-c", TENSORZERO, folder / "tensorzero.toml"], stdout=subprocess.PIPE,
                               stderr=log, text=True, cwd=folder)
    # It logs to standard output too.
    url = next(line.split()[1] for line in process.stdout if line.startswith("listening ")).rstrip("/")
    return process, f"{url}/chat/completions", {}


def load(script, target, connections, seconds):
    """One run of wrk: requests a second, median latency in ms, and answers that were no success."""
    url, headers, model = target
    environment = {**os.environ, "BENCH_MODEL": model}
    environment["BENCH_AUTHORIZATION"] = headers.get("authorization", "")
    told = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, url],
                          check=True, capture_output=True, text=True, env=environment).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])
    number, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", told).groups()
    median = float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    return rate, median, int(failed[1]) if failed else 0


def main(root, work, arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--patou", type=pathlib.Path, default=root / "target/release/patou")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        measure(pathlib.Path(folder), arguments)


def measure(folder, arguments):
    python, script = pathlib.Path(sys.executable), folder / "body.lua"
    script.write_text(BODY)
    upstream, url = start_upstream(folder)
    running = [upstream]
    targets = {"direct": (url + "/v1/chat/completions", {}, "m")}
    starters = {
        "patou": lambda: start_patou(arguments.patou.resolve(), folder, url),
        "smg": lambda: start_smg(python, folder, url),
        "tensorzero": lambda: start_tensorzero(python, folder, url),
    }
    try:
        wait_for(targets["direct"])
        for name, start in starters.items():
            process, target, headers = start()
            running.append(process)
            targets[name] = (target, headers, "tensorzero::model_name::m" if name == "tensorzero" else "m")
            wait_for(targets[name])
        compare(script, targets, arguments)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def compare(script, targets, arguments):
    rates, medians = {}, {}
    for target in targets.values():
        load(script, target, 16, 2)
    for _ in range(arguments.rounds):
        for name, target in targets.items():
            rate, _, failed = load(script, target, 16, arguments.seconds)
            assert failed == 0, f"{name}: {failed} requests failed"
            _, median, _ = load(script, target, 1, max(3, arguments.seconds // 2))
            rates[name] = max(rate, rates.get(name, 0))
            medians[name] = min(median, medians.get(name, 1e9))
    print(f"{'':12}{'requests/s':>12}{'p50, ms':>10}{'added, ms':>11}")
    for name in targets:
        added = medians[name] - medians["direct"]
        print(f"{name:12}{rates[name]:12.0f}{medians[name]:10.3f}{added:11.3f}")
    print(f"patou / faster peer: {rates['patou'] / max(rates['smg'], rates['tensorzero']):.2f}")
