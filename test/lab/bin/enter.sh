#!/bin/sh
# enter.sh PID DIRECTORY JOIN... -- ARGV... : runs ARGV inside the host whose init is PID. It ends with its caller.
set -eu
pid=$1 directory=$2
shift 2
while [ "$1" != -- ]; do
  echo $$ >"$1"
  shift
done
shift
exec nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup --root -- \
  setpriv --pdeathsig KILL env --chdir="$directory" "$@"
