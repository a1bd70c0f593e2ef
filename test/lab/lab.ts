import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Dns } from './dns.ts';
import { LabHost } from './host.ts';
import { labsDirectory, register } from './sweep.ts';
import { type LabSpec, topology } from './topology.ts';

export interface LabOptions {
  /** Names of the nodes; the first has 203.0.113.1. */
  readonly hosts: readonly string[];
  /** Whether hosts reach the real internet through the wan host; default true. */
  readonly uplink?: boolean;
}

/** What another process needs to work in this lab too. */
export interface LabHandle {
  readonly directory: string;
  readonly wardenPid: number;
  readonly hosts: readonly {
    readonly name: string;
    readonly address: string;
    readonly pid: number;
    readonly procs: readonly string[];
  }[];
}

/** Hosts in namespaces around an "internet" of their own. Close it, or use `await using`. */
export class Lab implements AsyncDisposable {
  readonly directory: string;
  /** The internet: router, name server, ACME server. */
  readonly wan: LabHost;
  /** A bystander on the same network as the nodes' public side. */
  readonly attacker: LabHost;
  readonly dns: Dns;
  /** The process that answers for the lab; killing it ends the hosts. */
  readonly wardenPid: number;
  readonly #hosts: ReadonlyMap<string, LabHost>;
  readonly handle: LabHandle;
  readonly #end: () => Promise<void>;

  constructor(handle: LabHandle, dns: (wan: LabHost) => Dns, end: () => Promise<void>) {
    const hosts = new Map(
      handle.hosts.map(({ name, address, pid, procs }) => [name, new LabHost(name, address, pid, procs)]),
    );
    this.handle = handle;
    this.directory = handle.directory;
    this.wardenPid = handle.wardenPid;
    this.#end = end;
    this.#hosts = hosts;
    this.wan = this.host('wan');
    this.attacker = this.host('attacker');
    this.dns = dns(this.wan);
  }

  host(name: string): LabHost {
    const found = this.#hosts.get(name);
    if (!found) throw new Error(`The lab has no host ${name}, only ${[...this.#hosts.keys()].join(', ')}`);
    return found;
  }

  /** Ends every host and removes everything; resolves when nothing is left. */
  async close(): Promise<void> {
    await this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

const Started = (
  line: string,
): { hosts?: Record<string, { pid: number; procs: string[] }>; error?: string } => JSON.parse(line);

/** Starts a lab; takes a second or two. Needs root. */
export async function createLab(options: LabOptions): Promise<Lab> {
  if (process.getuid?.() !== 0) throw new Error('A lab needs root: it makes namespaces and mounts.');
  const hosts = topology(options.hosts);
  // Nodes share the machine's stacks and downloads, because making them again takes minutes.
  mkdirSync('/var/cache/bastide', { recursive: true });
  const directory = mkdtempSync(join(labsDirectory(), 'bastide-lab-'));
  const spec: LabSpec = {
    id: basename(directory),
    directory,
    repository: join(import.meta.dirname, '..', '..'),
    uplink: options.uplink ?? true,
    hosts,
  };
  register(spec.id, directory);
  const file = join(directory, 'spec.json');
  writeFileSync(file, JSON.stringify(spec));
  const log = join(directory, 'warden.log');
  const warden = spawn(process.execPath, [join(import.meta.dirname, 'warden.ts'), file], {
    // A session of its own: a Ctrl-C in the terminal must not end it before it has cleaned up.
    detached: true,
    stdio: ['pipe', 'pipe', openSync(log, 'a')],
  });
  const line = await new Promise<string | undefined>((resolve) => {
    const lines = createInterface({ input: warden.stdout! });
    lines.once('line', resolve);
    lines.once('close', () => resolve(undefined));
  });
  const answer = line === undefined ? { error: 'the warden ended' } : Started(line);
  if (!answer.hosts) throw new Error(`The lab did not start: ${answer.error}\n${tail(log)}`);
  const handle: LabHandle = {
    directory,
    wardenPid: warden.pid!,
    hosts: hosts.map(({ name, address }) => ({ name, address, ...answer.hosts![name]! })),
  };
  const ended = new Promise<void>((resolve) => warden.once('close', () => resolve()));
  const lab = new Lab(
    handle,
    (wan) => new Dns(wan, spec.uplink),
    () => {
      warden.stdin?.end();
      return ended;
    },
  );
  try {
    await lab.dns.start();
  } catch (error) {
    await lab.close();
    throw error;
  }
  return lab;
}

/** A lab that another process keeps: closing it here leaves it as it is, and its names were set by its keeper. */
export function joinLab(handle: LabHandle): Lab {
  return new Lab(
    handle,
    (wan) => new Dns(wan, false, true),
    () => Promise.resolve(),
  );
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-20).join('\n');
  } catch {
    return '';
  }
}
