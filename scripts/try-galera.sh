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
galera=${GALERA:-/usr/lib/galera/libgalera_smm.so}
jobs=${JOBS:-1200}
base=${PORT:-14560}
work=$(mktemp -d)
chmod 755 "$work"
started=()

finish() {
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${started[@]}"; do
        for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT

# Not as root: rsync's daemon drops its rights, and the new node's data would not be its own.
as=()
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=65534 --regid=65534 --clear-groups); chown 65534:65534 "$work"; fi

sql_port() { echo $((base + $1)); }
sql() { mariadb --no-defaults --skip-column-names --user=root --socket="$work/$1.sock" --execute "$2"; }

node() { # NUMBER [FLAG…]
    local n=$1 group=$((base + 100 + $1 * 10)); shift
    HOME=$work "${as[@]}" mariadbd --no-defaults --datadir="$work/$n" --socket="$work/$n.sock" --pid-file="$work/$n.pid" --tmpdir="$work" \
        --port="$(sql_port "$n")" --bind-address=127.0.0.1 --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 \
        --innodb-autoinc-lock-mode=2 --binlog-format=ROW --character-set-server=utf8mb4 --wsrep-on=ON --wsrep-provider="$galera" \
        --wsrep-cluster-name=shop --wsrep-node-name="node$n" --wsrep-node-address=127.0.0.1 --wsrep-sst-method=rsync \
        --wsrep-cluster-address="gcomm://127.0.0.1:$((base + 110))" --wsrep-sst-receive-address="127.0.0.1:$((group + 2))" \
        --wsrep-provider-options="base_port=$group;gmcast.listen_addr=tcp://127.0.0.1:$group;ist.recv_addr=127.0.0.1:$((group + 1))" \
        "$@" >"$work/$n.log" 2>&1 &
    started+=($!)
    disown
    for _ in $(seq 600); do
        if [ "$(sql "$n" "SHOW STATUS LIKE 'wsrep_local_state_comment'" 2>/dev/null | cut -f2)" = Synced ]; then return; fi
        sleep 0.1
    done
    tail -20 "$work/$n.log" >&2
    exit 1
}

server() { # NAME NODE → url in $url
    local home=$work/home-$1
    mkdir -p "$home"
    cp "$work/serve.key" "$home/serve.key" 2>/dev/null || true
    GACHNO_HOME=$home GACHNO_SERVE_DATABASE=mysql://gachno:gachno@127.0.0.1:$(sql_port "$2")/shop GACHNO_SERVE_REQUESTS_PER_SECOND=100000 \
        "$program" serve --listen 127.0.0.1:0 >"$work/$1.out" 2>"$work/$1.err" &
    started+=($!)
    server_pid=$!
    disown
    for _ in $(seq 300); do
        url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/$1.out")
        if [ -n "$url" ]; then break; fi
        sleep 0.1
    done
    if [ -z "$url" ]; then cat "$work/$1.err" >&2; exit 1; fi
    cp "$home/serve.key" "$work/serve.key"
}

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

"${as[@]}" mariadb-install-db --no-defaults --datadir="$work/1" --auth-root-authentication-method=normal --skip-test-db >"$work/install.log" 2>&1
cp -a "$work/1" "$work/2"
cp -a "$work/1" "$work/3"
node 1 --wsrep-new-cluster
node 2
node 3
node_three=${started[2]}
sql 1 "CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE USER gachno@'%' IDENTIFIED BY 'gachno'; GRANT ALL ON shop.* TO gachno@'%';"
echo "$(mariadbd --version | sed 's/ for .*//; s/.*Ver //'), nodes: $(sql 1 "SHOW STATUS LIKE 'wsrep_cluster_size'" | cut -f2)"
export GACHNO_HOME=$work/home GACHNO_SERVE_DATABASE=mysql://gachno:gachno@127.0.0.1:$(sql_port 1)/shop
mkdir -p "$GACHNO_HOME"
"$program" store migrate >"$work/migrate.log" 2>&1
token=$("$program" store token worker --scopes jobs:lease,jobs:write,jobs:read 2>/dev/null)

server one 1; one=$url
server also-one 1; also_one=$url
server two 2; two=$url
server three 3; three=$url
trial "two servers, one node to write to" PA 0 "$one" "$also_one"
trial "two servers, each on a node of its own" PB 0 "$one" "$two"
trial "three servers, each on a node of its own" PC 0 "$one" "$two" "$three"
trial "two servers, and the third node is killed meanwhile" PD "$node_three" "$one" "$two"
