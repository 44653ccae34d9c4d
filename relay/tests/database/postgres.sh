# Starts a PostgreSQL server of its own in a temporary folder, prints the folder of its socket, and stops it when
# standard input ends. PostgreSQL refuses to run as root, so root hands over to a user without rights.
set -eu
PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)"
if ! command -v initdb >/dev/null; then
    echo "initdb is not there: apt-get install -y postgresql" >&2
    exit 1
fi
user=nobody
id postgres >/dev/null 2>&1 && user=postgres
humble() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"; else "$@"; fi
}
cd /
folder=$(humble mktemp -d "${TMPDIR:-/tmp}/lapwing-postgres.XXXXXX")
stop() {
    humble pg_ctl -D "$folder/data" -m immediate -s stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' INT TERM HUP
humble initdb -D "$folder/data" -U lapwing -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1 ||
    { cat "$folder/initdb.log" >&2; exit 1; }
humble pg_ctl -D "$folder/data" -s -w -l "$folder/log" \
    -o "-c listen_addresses='' -c unix_socket_directories='$folder' -c fsync=off -c max_connections=500" start >&2 ||
    { cat "$folder/log" >&2; exit 1; }
# What the relay connects as: an ordinary role, for superusers walk past row-level security.
humble psql -q -h "$folder" -U lapwing -d postgres -c "create role relay login" >&2
echo "$folder"
exec >/dev/null
cat >/dev/null
