#!/bin/sh
# host.sh NAME DIRECTORY REPOSITORY KIND CGROUPS JOIN...
# Starts a host as one process tree: whatever lives in its namespaces ends with it.
# JOIN are the cgroup.procs files of the host's own cgroups; they become the roots of its cgroup namespace.
set -eu
name=$1 directory=$2 repository=$3 kind=$4 cgroups=$5
shift 5
for file in "$@"; do echo $$ >"$file"; done
exec unshare --net --mount --uts --ipc --pid --cgroup --kill-child --mount-proc --propagation private \
  sh "$(dirname "$0")/host-inner.sh" "$name" "$directory" "$repository" "$kind" "$cgroups"
