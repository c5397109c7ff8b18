# shellcheck shell=bash
# A Galera cluster of three nodes on this computer, servers on it, and what is started gone again at the end. To be
# sourced by the trials; `program` is set by them. Needs what try-galera.sh says.

galera=${GALERA:-/usr/lib/galera/libgalera_smm.so}
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
    if [ -n "${KEEP:-}" ]; then mkdir -p "$KEEP"; cp -r "$work"/*.{log,err} "$work"/home-* "$KEEP" 2>/dev/null || true; fi
    "${at_end:-true}"
    rm -rf "$work"
}
trap finish EXIT

# Not as root: rsync's daemon drops its rights, and the new node's data would not be its own.
as=()
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=65534 --regid=65534 --clear-groups); chown 65534:65534 "$work"; fi

# Where node N listens, and what runs it there; a trial with wires says otherwise.
host_of() { echo 127.0.0.1; }
inside() { within=(); }

sql_port() { echo $((base + $1)); }
sql() { mariadb --no-defaults --skip-column-names --user=root --socket="$work/$1.sock" --execute "$2"; }

node_flags=()
node_pids=()
node() { # NUMBER [FLAG…]
    local n=$1 group=$((base + 100 + $1 * 10)) host; shift
    host=$(host_of "$n")
    inside "$n"
    HOME=$work "${within[@]}" "${as[@]}" mariadbd --no-defaults --datadir="$work/$n" --socket="$work/$n.sock" --pid-file="$work/$n.pid" --tmpdir="$work" \
        --port="$(sql_port "$n")" --bind-address="$host" --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 \
        --innodb-autoinc-lock-mode=2 --binlog-format=ROW --character-set-server=utf8mb4 --wsrep-on=ON --wsrep-provider="$galera" \
        --wsrep-cluster-name=shop --wsrep-node-name="node$n" --wsrep-node-address="$host" --wsrep-sst-method=rsync \
        --wsrep-cluster-address="gcomm://$(host_of 1):$((base + 110)),$(host_of 2):$((base + 120)),$(host_of 3):$((base + 130))" \
        --wsrep-sst-receive-address="$host:$((group + 2))" \
        --wsrep-provider-options="base_port=$group;gmcast.listen_addr=tcp://$host:$group;ist.recv_addr=$host:$((group + 1))" \
        "${node_flags[@]}" "$@" >>"$work/$n.log" 2>&1 &
    node_pids[n]=$!
    started+=($!)
    disown
    for _ in $(seq 600); do
        if [ "$(sql "$n" "SHOW STATUS LIKE 'wsrep_local_state_comment'" 2>/dev/null | cut -f2)" = Synced ]; then return; fi
        sleep 0.1
    done
    tail -20 "$work/$n.log" >&2
    exit 1
}

cluster() { # three nodes with the database `shop`, our tables in it
    "${as[@]}" mariadb-install-db --no-defaults --datadir="$work/1" --auth-root-authentication-method=normal --skip-test-db >"$work/install.log" 2>&1
    cp -a "$work/1" "$work/2"
    cp -a "$work/1" "$work/3"
    node 1 --wsrep-new-cluster
    node 2
    node 3
    sql 1 "CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE USER gachno@'%' IDENTIFIED BY 'gachno'; GRANT ALL ON shop.* TO gachno@'%';"
    echo "$(mariadbd --version | sed 's/ for .*//; s/.*Ver //'), nodes: $(sql 1 "SHOW STATUS LIKE 'wsrep_cluster_size'" | cut -f2)"
    export GACHNO_HOME=$work/home GACHNO_SERVE_DATABASE="mysql://gachno:gachno@localhost/shop?socket=$work/1.sock"
    mkdir -p "$GACHNO_HOME"
    "$program" store migrate >"$work/migrate.log" 2>&1
}

server() { # NAME DATABASE-ADDRESS [FLAG…] → url in $url, process in $server_pid
    local name=$1 database=$2 home=$work/home-$1; shift 2
    inside "$name"
    mkdir -p "$home"
    cp "$work/serve.key" "$home/serve.key" 2>/dev/null || true
    GACHNO_HOME=$home GACHNO_SERVE_DATABASE=$database GACHNO_SERVE_REQUESTS_PER_SECOND=100000 \
        "${within[@]}" "$program" serve --listen "${listen:-127.0.0.1:0}" "$@" >"$work/$name.out" 2>"$work/$name.err" &
    started+=($!)
    server_pid=$!
    disown
    url=
    for _ in $(seq 300); do
        url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/$name.out")
        if [ -n "$url" ]; then break; fi
        sleep 0.1
    done
    if [ -z "$url" ]; then cat "$work/$name.err" >&2; exit 1; fi
    cp "$home/serve.key" "$work/serve.key"
}
