import { type ChildProcess, spawn } from 'node:child_process';
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
  readonly #warden: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(directory: string, warden: ChildProcess, hosts: ReadonlyMap<string, LabHost>, uplink: boolean) {
    this.directory = directory;
    this.#warden = warden;
    this.wardenPid = warden.pid!;
    this.#hosts = hosts;
    this.wan = this.host('wan');
    this.attacker = this.host('attacker');
    this.dns = new Dns(this.wan, uplink);
    this.#ended = new Promise((resolve) => warden.once('close', () => resolve()));
  }

  host(name: string): LabHost {
    const found = this.#hosts.get(name);
    if (!found) throw new Error(`The lab has no host ${name}, only ${[...this.#hosts.keys()].join(', ')}`);
    return found;
  }

  /** Ends every host and removes everything; resolves when nothing is left. */
  async close(): Promise<void> {
    this.#warden.stdin?.end();
    await this.#ended;
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
  const byName = new Map(
    spec.hosts.map(({ name, address }) => {
      const { pid, procs } = answer.hosts![name]!;
      return [name, new LabHost(name, address, pid, procs)] as const;
    }),
  );
  const lab = new Lab(directory, warden, byName, spec.uplink);
  try {
    await lab.dns.start();
  } catch (error) {
    await lab.close();
    throw error;
  }
  return lab;
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-20).join('\n');
  } catch {
    return '';
  }
}
