import { refuseMachine } from '../lib/packages.mjs';
import type { MachineFacts } from './facts.ts';
import { judgeEngines, judgeOtherPorts, judgePorts } from './judge-neighbours.ts';
import { judgePlatform } from './judge-platform.ts';
import { judgeStorage } from './judge-storage.ts';
import { fail, type Judgement, ok, warn } from './judgement.ts';

const GiB = 1024 ** 3;

/** All checks, in the order in which a reader would fix them. Only `fail` stops `npm start`. */
export function judge(facts: MachineFacts): Judgement[] {
  return [
    judgeMachine(facts),
    judgeKernel(facts),
    judgeCgroups(facts),
    judgeNetworking(facts),
    ...judgeStorage(facts),
    judgeDisk(facts),
    judgeMemory(facts),
    ...judgePorts(facts),
    judgeOtherPorts(facts),
    judgeEngines(facts),
    judgeUidRange(facts),
    judgeClock(facts),
    judgeNames(facts),
    judgePackages(facts),
    ...judgePlatform(facts.platform),
  ];
}

function judgeMachine({ osRelease, arch, uid }: MachineFacts): Judgement {
  const reason = refuseMachine({ osRelease, arch, uid });
  if (reason === undefined) return ok('machine', 'Debian 12, x86-64, root');
  const [found, ...next] = reason.split(/(?<=\.) /).map((part) => part.trim());
  return fail('machine', found!, next.join(' '));
}

function judgeKernel(facts: MachineFacts): Judgement {
  const lacking = [
    facts.filesystems.includes('\toverlay') ? [] : ['overlayfs'],
    facts.maxUserNamespaces > 0 ? [] : ['user namespaces'],
    facts.seccomp ? [] : ['seccomp'],
  ].flat();
  if (lacking.length === 0) return ok('kernel', `${facts.kernel}: overlayfs, user namespaces, seccomp`);
  return fail(
    'kernel',
    `${facts.kernel} lacks ${lacking.join(', ')}`,
    'Boot Debian\'s own kernel (linux-image-amd64); check "sysctl user.max_user_namespaces" and "modprobe overlay".',
  );
}

function judgeCgroups({ cgroups }: MachineFacts): Judgement {
  const lacking = ['memory', 'pids', 'cpu'].filter((name) => !cgroups.controllers.includes(name));
  if (cgroups.mounted && lacking.length === 0)
    return ok('cgroups', 'memory, pids and cpu limits are available');
  const found = cgroups.mounted ? `no ${lacking.join(', ')} controller` : '/sys/fs/cgroup is not mounted';
  return fail(
    'cgroups',
    found,
    'Without them no limit holds. Boot without cgroup_disable= and mount /sys/fs/cgroup.',
  );
}

function judgeNetworking({ trials }: MachineFacts): Judgement {
  const broken = Object.entries(trials).flatMap(([name, works]) => (works === false ? [name] : []));
  const untried = Object.entries(trials).flatMap(([name, works]) => (works === undefined ? [name] : []));
  const needed = broken.filter((name) => name !== 'wireguard');
  if (needed.length > 0) {
    return fail(
      'networking',
      `the kernel has no ${needed.join(', ')}`,
      "Boot Debian's own kernel (linux-image-amd64).",
    );
  }
  if (untried.length > 0) {
    return warn(
      'networking',
      `not tried: ${untried.join(', ')}`,
      'Run as root, after npm start installed the packages.',
    );
  }
  if (broken.length > 0) {
    return warn(
      'networking',
      'the kernel has no wireguard',
      'One node works; more nodes need it (or wireguard-go).',
    );
  }
  return ok('networking', Object.keys(trials).join(', '));
}

function judgeDisk({ diskFreeBytes }: MachineFacts): Judgement {
  const free = `${(diskFreeBytes / GiB).toFixed(1)} GiB free under /var/lib`;
  if (diskFreeBytes >= 10 * GiB) return ok('disk', free);
  return fail('disk', `${free}, 10 GiB needed`, 'Free space or mount a larger disk at /var/lib/bastide.');
}

function judgeMemory({ memoryBytes }: MachineFacts): Judgement {
  const has = `${(memoryBytes / GiB).toFixed(1)} GiB of memory`;
  // A machine sold as 2 GB shows a little less.
  if (memoryBytes >= 1.8 * GiB) return ok('memory', has);
  return fail('memory', `${has}, 2 GiB needed`, 'Use a larger machine.');
}

/** The engine maps container users to 100000…165535: nobody else may own these. */
function judgeUidRange({ subuid, subgid }: MachineFacts): Judgement {
  const owners = `${subuid}\n${subgid}`.split('\n').flatMap((line) => {
    const [name = '', start, count] = line.trim().split(':');
    const from = Number(start);
    const overlaps = from < 165_536 && from + Number(count) > 100_000;
    return name !== '' && name !== 'bastide' && overlaps ? [name] : [];
  });
  if (owners.length === 0) return ok('user range', '100000 to 165535 is ours or free');
  return warn(
    'user range',
    `${[...new Set(owners)].join(', ')} may also use the user ids 100000 to 165535`,
    'Move those lines of /etc/subuid and /etc/subgid to another range, so that nobody can act as a container user.',
  );
}

function judgeClock({ nowMs, notBeforeMs, timeService }: MachineFacts): Judgement {
  if (nowMs < notBeforeMs) {
    const now = new Date(nowMs).toISOString();
    return fail(
      'clock',
      `it says ${now}, which is before this release was made`,
      'Set the clock: certificates need it.',
    );
  }
  if (timeService) return ok('clock', `kept right by ${timeService}`);
  return warn(
    'clock',
    'no time service is running',
    'apt install chrony, unless the hypervisor keeps the time.',
  );
}

function judgeNames({ nameservers }: MachineFacts): Judgement {
  if (nameservers.length > 0) return ok('name service', nameservers.join(', '));
  return warn(
    'name service',
    'no nameserver in /etc/resolv.conf',
    'Builds cannot download anything until there is one.',
  );
}

function judgePackages({ missingPackages }: MachineFacts): Judgement {
  if (missingPackages === undefined) return warn('packages', 'dpkg did not answer', 'Run dpkg --audit.');
  if (missingPackages.length === 0) return ok('packages', 'all installed');
  return warn('packages', `missing: ${missingPackages.join(' ')}`, 'npm start installs them.');
}
