#!/usr/bin/env bash
# Tries the server on a Galera cluster of three nodes on this computer: no job is handed out twice, whichever node the
# servers write to, and a node that dies is a pause. Prints a line per trial; everything is gone when it ends.
#
# Needs: mariadbd, mariadb-install-db and mariadb (10.6 or later), galera-4, rsync, python3. On Debian:
#   apt-get install mariadb-server galera-4 rsync python3
#
#   scripts/try-galera.sh [PROGRAM]      default: target/debug/gachno
set -euo pipefail

program=$(realpath "${1:-$(dirname "$0")/../target/debug/gachno}")
jobs=${JOBS:-1200}
# shellcheck source=scripts/galera.sh
source "$(dirname "$0")/galera.sh"
at() { echo "mysql://gachno:gachno@127.0.0.1:$(sql_port "$1")/shop"; }

clashes() { # of all nodes that live
    local all=0 n
    for n in 1 2 3; do
        all=$((all + $(sql "$n" "SELECT COALESCE(SUM(VARIABLE_VALUE), 0) FROM information_schema.GLOBAL_STATUS \
            WHERE VARIABLE_NAME IN ('WSREP_LOCAL_CERT_FAILURES', 'WSREP_LOCAL_BF_ABORTS')" 2>/dev/null || echo 0)))
    done
    echo "$all"
}

cat >"$work/workers.py" <<'PY'
"""Fills the list, then six workers take it empty, five jobs at a time: workers.py NAME TOKEN JOBS PID URL…"""
import json, os, signal, sys, threading, time, urllib.error, urllib.request

name, token, many, victim, *urls = sys.argv[1:]
many, victim = int(many), int(victim)

def ask(url, path, body):
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {"authorization": "Bearer " + token, "content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)

codes = [f"{name}{i:05d}" for i in range(many)]
for i in range(0, many, 200):
    ask(urls[0], "/api/jobs", {"service": "gach_dien_evn", "jobs": [{"code": code} for code in codes[i:i + 200]]})

taken, refused, slowest, lock = [], 0, 0.0, threading.Lock()

def worker(url):
    global refused, slowest
    while True:
        begun = time.monotonic()
        try:
            jobs = ask(url, "/api/jobs/lease", {"service": "gach_dien_evn", "limit": 5, "lease_ms": 600000})["jobs"]
        except (urllib.error.URLError, TimeoutError):
            with lock:
                refused += 1
                if refused > 500:
                    return
            time.sleep(0.2)
            continue
        with lock:
            slowest = max(slowest, time.monotonic() - begun)
            taken.extend(job["id"] for job in jobs)
            if victim and len(taken) >= many // 3 and not killed.is_set():
                killed.set()
                os.kill(victim, signal.SIGKILL)
        if not jobs:
            return

killed = threading.Event()
workers = [threading.Thread(target=worker, args=(urls[i % len(urls)],)) for i in range(6)]
begun = time.monotonic()
for thread in workers: thread.start()
for thread in workers: thread.join()
took = time.monotonic() - begun
twice = len(taken) - len(set(taken))
print(f"{len(taken)} jobs in {took:.1f} s, handed out twice: {twice}, requests refused: {refused}, slowest: {slowest * 1000:.0f} ms", end="")
sys.exit(1 if twice or (not victim and len(taken) != many) else 0)
PY

trial() { # TEXT NAME PID URL…
    local text=$1 before after code=0; shift
    before=$(clashes)
    printf '%s: ' "$text"
    python3 "$work/workers.py" "$1" "$token" "$jobs" "${@:2}" || code=$?
    after=$(clashes)
    echo ", transactions that a node took back and the server did again: $((after - before))"
    return "$code"
}

cluster
token=$("$program" store token worker --scopes jobs:lease,jobs:write,jobs:read 2>/dev/null)

server one "$(at 1)"; one=$url
server also-one "$(at 1)"; also_one=$url
server two "$(at 2)"; two=$url
server three "$(at 3)"; three=$url
trial "two servers, one node to write to" PA 0 "$one" "$also_one"
trial "two servers, each on a node of its own" PB 0 "$one" "$two"
trial "three servers, each on a node of its own" PC 0 "$one" "$two" "$three"
trial "two servers, and the third node is killed meanwhile" PD "${node_pids[3]}" "$one" "$two"
