/** What the doctor looks at, as plain data: looking (observe.ts) is apart from judging (judge.ts). */
export interface MachineFacts {
  readonly uid: number;
  readonly arch: string;
  /** Text of /etc/os-release. */
  readonly osRelease: string;
  readonly kernel: string;
  /** Text of /proc/filesystems. */
  readonly filesystems: string;
  readonly maxUserNamespaces: number;
  /** Enabled cgroup controllers of either version, and whether any hierarchy is mounted. */
  readonly cgroups: { readonly controllers: readonly string[]; readonly mounted: boolean };
  readonly seccomp: boolean;
  /** Kernel parts tried in a network namespace of their own; undefined where the trial was not possible. */
  readonly trials: Readonly<Record<TrialName, boolean | undefined>>;
  /** What a trial of encrypted files came to; undefined where it was not possible. */
  readonly encryption:
    | { readonly driver: string; readonly hardware: boolean; readonly overlay: boolean }
    | { readonly refused: string; readonly next: string }
    | undefined;
  /** Files and devices of /proc/swaps. */
  readonly swaps: readonly string[];
  readonly diskFreeBytes: number;
  readonly memoryBytes: number;
  readonly listeners: readonly Listener[];
  readonly engines: readonly EngineSeen[];
  /** Text of /etc/subuid and /etc/subgid. */
  readonly subuid: string;
  readonly subgid: string;
  readonly nowMs: number;
  /** No clock that is right can be before this: the age of what is being installed. */
  readonly notBeforeMs: number;
  readonly timeService: string | undefined;
  readonly nameservers: readonly string[];
  readonly missingPackages: readonly string[] | undefined;
  readonly platform: PlatformSeen;
}

export const trialNames = ['nftables', 'iptables nat', 'bridge', 'veth', 'vxlan', 'wireguard'] as const;
export type TrialName = (typeof trialNames)[number];

export interface Listener {
  /** IPv4, or IPv6 in eight groups; an IPv4 address in IPv6 clothes is written as IPv4. */
  readonly address: string;
  readonly port: number;
  readonly uid: number;
  /** The socket's number, by which its program is found. */
  readonly inode: string;
  /** Undefined where it hides: a process that is not ours to look at. */
  readonly program?: string;
}

/** A Docker Engine in our network namespace that is not ours. */
export interface EngineSeen {
  readonly pid: number;
  /** How many containers it has; undefined when it does not answer. */
  readonly containers: number | undefined;
}

/** What is remembered of recovery kits; undefined where there is no platform or it cannot be read. */
export interface KitSeen {
  /** Id of the root key that is in use. */
  readonly current: string;
  readonly madeFor: string | null;
  readonly testedFor: string | null;
  readonly testedAt: string | null;
}

export interface PlatformSeen {
  readonly kit: KitSeen | undefined;
  readonly settings: 'absent' | 'valid' | { readonly wrong: string };
  readonly agentRunning: boolean;
  /** From /run/bastide/status.json. */
  readonly ready: boolean | undefined;
  readonly stageError: string | undefined;
  /** Whether operators come in by the VPN only; undefined where the agent has not said. */
  readonly vpnOn: boolean | undefined;
  /** The operator's way in, which the firewall leaves open. */
  readonly operatorPorts: readonly number[];
  readonly fileModes: readonly { readonly path: string; readonly mode: number; readonly uid: number }[];
}
