#!/bin/sh
# host-inner.sh NAME DIRECTORY REPOSITORY KIND CGROUPS : inside the new namespaces, builds the host's view, then
# becomes its init. What the host writes to the system's directories lands in DIRECTORY and goes with it.
set -eu
name=$1 directory=$2 repository=$3 kind=$4 cgroups=$5

hostname "$name"
ip link set lo up

if [ "$kind" = node ]; then
  mkdir -p "$directory/cache"
  mount --bind /var/cache/bastide "$directory/cache"
fi
for layer in etc usr var opt root home srv; do
  [ -d "/$layer" ] && [ ! -L "/$layer" ] || continue
  mkdir -p "$directory/upper/$layer" "$directory/work/$layer"
  mount -t overlay overlay \
    -o "lowerdir=/$layer,upperdir=$directory/upper/$layer,workdir=$directory/work/$layer" "/$layer"
done
if [ "$kind" = node ]; then
  # The engine's own overlay mounts cannot sit on an overlay: its state is on the plain file system.
  mkdir -p /var/lib/bastide "$directory/state"
  mount --bind "$directory/state" /var/lib/bastide
  mount --bind "$directory/cache" /var/cache/bastide
fi

rm -f /etc/resolv.conf /etc/hosts /etc/hostname
echo "nameserver 203.0.113.62" >/etc/resolv.conf
printf '127.0.0.1 localhost %s\n203.0.113.62 wan.test\n' "$name" >/etc/hosts
echo "$name" >/etc/hostname

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t sysfs sysfs /sys
# Each entry is DIRECTORY:TYPE:OPTIONS; the roots of these mounts are the host's own cgroups.
case " $cgroups" in
*" .:"*) mount -t cgroup2 cgroup2 /sys/fs/cgroup ;;
*)
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  for entry in $cgroups; do
    where=${entry%%:*} rest=${entry#*:}
    mkdir -p "/sys/fs/cgroup/$where"
    mount -t "${rest%%:*}" ${rest#*:} cgroup "/sys/fs/cgroup/$where"
  done
  ;;
esac

# Last, because the host's directory is most often under /tmp itself.
mkdir -p -m 1777 "$directory/tmp"
case "$repository" in
/tmp/*)
  mkdir -p "$directory$repository"
  mount --bind "$repository" "$directory$repository"
  ;;
esac
mount --rbind "$directory/tmp" /tmp

echo ready
exec >/dev/null 2>&1
cd /
exec tini -s -- sleep infinity
