#!/usr/bin/env bash
# Tries two servers behind HAProxy, which also leads them to a Galera cluster with one writer, all on this computer and
# with docs/haproxy.cfg as it is. Machines take jobs, arm and report them through the balancer while one thing after
# another is killed; an owner is signed in all the time. Prints a table; everything is gone when it ends.
#
# With WIRES=1 each server and each node is a machine of its own (a network namespace, with a wire to a common switch),
# and wires are pulled instead: networks that split. That takes root.
#
# Needs what try-galera.sh needs, and haproxy (2.6 or later) and openssl, for wires iproute2. On Debian:
#   apt-get install haproxy openssl iproute2
#
#   [WIRES=1] scripts/try-balancer.sh [PROGRAM]      default: target/debug/gachno
set -euo pipefail

program=$(realpath "${1:-$(dirname "$0")/../target/debug/gachno}")
here=$(dirname "$0")
jobs=${JOBS:-900}
# shellcheck source=scripts/galera.sh
source "$here/galera.sh"

cat >"$work/workers.py" <<'PY'
"""Fills the list, then six machines take it empty: lease five, arm each, report each; what is not answered is asked
again. workers.py TEXT NAME JOBS COMMAND PORT TOKEN…   (the command is run at a third; the owner's cookie in the environment)"""
import http.client, json, os, ssl, subprocess, sys, threading, time, uuid

text, name, many, command, port, *tokens = sys.argv[1:]
many, port = int(many), int(port)
trusted = ssl.create_default_context(cafile=os.environ["CA"])
lock, deadline = threading.Lock(), time.monotonic() + 180
handed, armed, done, refused, slowest, killed = [], {}, set(), 0, 0.0, False
signed_in, signed_out, not_shown = 0, 0, 0

class Line:
    """One kept connection, as a machine has it."""
    def __init__(self, headers): self.headers, self.line = headers, None
    def ask(self, method, path, body=None, wanted=(200, 409)):
        global refused, slowest
        while time.monotonic() < deadline:
            begun = time.monotonic()
            try:
                if self.line is None:
                    self.line = http.client.HTTPSConnection("localhost", port, timeout=30, context=trusted)
                self.line.request(method, path, body and json.dumps(body), self.headers)
                answer = self.line.getresponse()
                told = answer.read()
                if answer.status in wanted:
                    with lock: slowest = max(slowest, time.monotonic() - begun)
                    return answer.status, told
                why = f"{answer.status} {told[:200]!r}"
            except (OSError, http.client.HTTPException) as error:
                why = repr(error)
                if self.line: self.line.close()
                self.line = None
            with lock:
                refused += 1
                slowest = max(slowest, time.monotonic() - begun)
            print(f"{text} {time.monotonic() - started:6.2f} {path}: {why}", file=sys.stderr)
            time.sleep(0.2)
        return 0, b""

started = time.monotonic()
def machine(token): return Line({"authorization": "Bearer " + token, "content-type": "application/json"})

def work(token):
    global killed
    line = machine(token)
    while len(done) < many and time.monotonic() < deadline:
        status, told = line.ask("POST", "/api/jobs/lease", {"service": "gach_dien_evn", "limit": 5, "lease_ms": 15000}, (200,))
        jobs = json.loads(told)["jobs"] if status else []
        with lock: handed.extend((job["id"], job["fence"]) for job in jobs)
        for job in jobs:
            attempt = str(uuid.uuid4())
            status, told = line.ask("POST", f"/api/jobs/{job['id']}/arm", {"fence": job["fence"], "attempt": attempt, "amount": 150000, "lease_ms": 15000})
            if status != 200:
                continue
            with lock: armed.setdefault(job["id"], set()).add(attempt)
            report = {"attempt": attempt, "job": job["id"], "fence": job["fence"], "outcome": "paid", "amount": 150000, "proof": "response"}
            status, told = line.ask("POST", "/api/outcomes", {"outcomes": [report]}, (200,))
            if status and json.loads(told)["outcomes"][0]["result"] in ("accepted", "duplicate"):
                with lock: done.add(job["id"])
            with lock:
                strike = command and not killed and len(done) >= many // 3
                killed = killed or strike
            if strike: subprocess.Popen(command, shell=True, stdout=subprocess.DEVNULL)
        if not jobs: time.sleep(0.2)

def watch():
    """The owner looks at a page, over and over."""
    global signed_in, signed_out, not_shown
    while len(done) < many and time.monotonic() < deadline:
        try:
            line = http.client.HTTPSConnection("localhost", port, timeout=30, context=trusted)
            line.request("GET", "/admin/me", headers={"cookie": os.environ["COOKIE"]})
            answer = line.getresponse()
            answer.read()
            signed_in += answer.status == 200
            signed_out += answer.status in (302, 303, 401, 403)
            not_shown += answer.status >= 500
        except (OSError, http.client.HTTPException):
            not_shown += 1
        line.close()
        time.sleep(0.1)

owner = machine(tokens[0])
for i in range(0, many, 250):
    owner.ask("POST", "/api/jobs", {"service": "gach_dien_evn", "jobs": [{"code": f"{name}{j:05d}"} for j in range(i, min(many, i + 250))]}, (200,))
refused, slowest, started = 0, 0.0, time.monotonic()
threads = [threading.Thread(target=work, args=(token,)) for token in tokens] + [threading.Thread(target=watch)]
for thread in threads: thread.start()
for thread in threads: thread.join()
took = time.monotonic() - started
twice = len(handed) - len(set(handed)) + sum(len(attempts) > 1 for attempts in armed.values())
again = len(set(handed)) - len({job for job, _ in handed})
print(f"| {text} | {took:.1f} s | {len(done)} | {again} | {twice} | {refused} | {slowest * 1000:.0f} ms | {signed_in} / {not_shown} / {signed_out} |")
sys.exit(1 if twice or len(done) != many or signed_out else 0)
PY

cat >"$work/sign_in.py" <<'PY'
"""Signs the first owner in through the balancer and prints the cookie: sign_in.py PORT NAME PASSWORD"""
import http.client, os, ssl, sys, urllib.parse

port, name, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
trusted = ssl.create_default_context(cafile=os.environ["CA"])

def send(path, form, cookie):
    # From an address of its own, with a lie about it.
    line = http.client.HTTPSConnection("localhost", port, timeout=30, context=trusted, source_address=("127.0.0.7", 0))
    headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", "x-forwarded-for": "203.0.113.9", "cookie": cookie}
    line.request("POST", path, urllib.parse.urlencode(form), headers)
    answer = line.getresponse()
    told = answer.read().decode()
    found = [value.split(";")[0] for key, value in answer.getheaders() if key.lower() == "set-cookie" and value.startswith("__Host-gachno=")]
    if answer.status != 303 or not found: sys.exit(f"{path}: {answer.status} {told}")
    return found[0]

cookie = send("/admin/sign-in", {"username": name, "password": password, "next": ""}, "")
new = "cua-hang-thu-nghiem-7391"
print(send("/admin/new-password", {"password": new, "again": new}, cookie))
PY

if [ -n "${WIRES:-}" ]; then
    number() { case $1 in one) echo 11 ;; two) echo 12 ;; *) echo "2$1" ;; esac; }
    host_of() { echo "198.18.77.$(number "$1")"; }
    inside() { within=(ip netns exec "gachno-$1"); }
    pull() { echo "ip link set gachno-$1 down;"; }
    plug() { echo "ip link set gachno-$1 up;"; }
    at_end=unwire
    unwire() {
        for who in one two 1 2 3; do ip netns del "gachno-$who" 2>/dev/null || true; done
        ip link del gachno-switch 2>/dev/null || true
    }
    ip link add gachno-switch type bridge
    ip addr add 198.18.77.1/24 dev gachno-switch
    ip link set gachno-switch up
    for who in one two 1 2 3; do
        ip netns add "gachno-$who"
        ip link add "gachno-$who" type veth peer name eth0 netns "gachno-$who"
        ip link set "gachno-$who" master gachno-switch up
        ip -n "gachno-$who" addr add "$(host_of "$who")/24" dev eth0
        ip -n "gachno-$who" link set eth0 up
        ip -n "gachno-$who" link set lo up
    done
fi

signed() { # NAME SUBJECT-ALT-NAME: a certificate of our own authority
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/$1.key" -subj "/CN=$1" -addext "subjectAltName=$2" 2>/dev/null |
        openssl x509 -req -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 2 -copy_extensions copy -out "$work/$1.crt" 2>/dev/null
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/ca.key" -out "$work/ca.crt" -days 2 -subj "/CN=try" 2>/dev/null
signed shop DNS:localhost
signed db DNS:db.shop.example
cat "$work/shop.crt" "$work/shop.key" >"$work/shop.pem"
if [ "$(id -u)" = 0 ]; then chown 65534:65534 "$work/db.key"; fi
node_flags=(--ssl-ca="$work/ca.crt" --ssl-cert="$work/db.crt" --ssl-key="$work/db.key")

cluster
sql 1 "CREATE USER 'check'@'%'; ALTER USER gachno@'%' REQUIRE SSL;"
export GACHNO_SERVE_DATABASE="$GACHNO_SERVE_DATABASE&ssl-mode=VERIFY_CA&ssl-ca=$work/ca.crt"
tokens=()
for i in 1 2 3 4 5 6; do
    tokens+=("$("$program" store token "worker $i" --scopes jobs:lease,jobs:write,jobs:read 2>/dev/null)")
done

here_is=127.0.0.1
if [ -n "${WIRES:-}" ]; then here_is=198.18.77.1; fi
export CA=$work/ca.crt SHOP_PEM=$work/shop.pem SHOP=127.0.0.1:$((base + 200)) CLUSTER=$here_is:$((base + 203))
ONE=$(host_of one):$((base + 201)) TWO=$(host_of two):$((base + 202))
DB1=$(host_of 1):$(sql_port 1) DB2=$(host_of 2):$(sql_port 2) DB3=$(host_of 3):$(sql_port 3)
export ONE TWO DB1 DB2 DB3
haproxy -db -f "$here/../docs/haproxy.cfg" 2>"$work/haproxy.log" &
started+=($!)
disown
address="mysql://gachno:gachno@$CLUSTER/shop?ssl-mode=VERIFY_CA&ssl-ca=$CA"
one() { listen=$ONE server one "$address" --behind-proxy; one=$server_pid; }
two() { listen=$TWO server two "$address" --behind-proxy; two=$server_pid; }
sleep 3 # until HAProxy has looked at the cluster
one
owner=$(sed -n 's/.*Tên đăng nhập: //p' "$work/one.err")
password=$(sed -n 's/.*Mật khẩu một lần: //p' "$work/one.err")
two
sleep 3
COOKIE=$(python3 "$work/sign_in.py" $((base + 200)) "$owner" "$password")
export COOKIE
echo "the sign-in came from $(sql 1 "SELECT GROUP_CONCAT(DISTINCT from_where) FROM shop.audit WHERE who = '$owner'"), over TLS to the database: $(sql 1 \
    "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'gachno'") connections on the writer, $(sql 2 "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'gachno'") on the next node"

trial() { # TEXT NAME COMMAND
    local code=0 wrong
    python3 "$work/workers.py" "$1" "$2" "$jobs" "$3" $((base + 200)) "${tokens[@]}" 2>>"$work/refused.log" || code=$?
    # What the database says, on a node that lived through all of it.
    wrong=$(sql 2 "SELECT COUNT(*) FROM shop.jobs WHERE code LIKE '$2%' AND (state <> 'done' OR outcome <> 'paid' OR 1 <> \
        (SELECT COUNT(*) FROM shop.reports WHERE reports.job_id = jobs.id AND verdict = 'accepted'))")
    if [ "$wrong" != 0 ] || [ "$code" != 0 ]; then echo "jobs without exactly one outcome: $wrong" >&2; exit 1; fi
}

echo "| at a third of the jobs | time | done | again | twice | refused | slowest request | page shown / not / signed out |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
trial "nothing" PA ""
if [ -z "${WIRES:-}" ]; then
    trial "a server is killed with -9" PB "kill -9 $one"
    one; sleep 5
    trial "the other server is stopped with SIGTERM" PC "kill $two"
    two; sleep 5
    trial "a server falls silent (SIGSTOP)" PD "kill -STOP $one"
    kill -9 "$one"; sleep 1
    one; sleep 5
    trial "the writer of the cluster is killed with -9" PE "kill -9 ${node_pids[1]}"
    node 1; sleep 8
    trial "the writer is stopped with SIGTERM" PF "kill ${node_pids[1]}"
    node 1; sleep 8
    trial "the writer falls silent (SIGSTOP)" PG "kill -STOP ${node_pids[1]}"
else
    trial "a server's wire is pulled" PH "$(pull one)"
    eval "$(plug one)"; sleep 15
    trial "the other server's wire is pulled for 20 s" PI "$(pull two) sleep 20; $(plug two)"
    sleep 15
    trial "the writer's wire is pulled" PJ "$(pull 1)"
    echo "the writer alone says: $(sql 1 "DELETE FROM shop.jobs" 2>&1 | grep ERROR)" >&2
    eval "$(plug 1)"; sleep 25
    trial "the wires of both other nodes are pulled for 15 s" PK "$(pull 2) $(pull 3) sleep 15; $(plug 2) $(plug 3)"
    sleep 20
    trial "nothing, after all that" PL ""
    for n in 1 2 3; do sql "$n" "SELECT COUNT(*) FROM shop.jobs WHERE state = 'done'"; done | sort | uniq -c |
        sed 's/ *\([0-9]*\) \(.*\)/nodes that know of \2 jobs done: \1/' >&2
fi
