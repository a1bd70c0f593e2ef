import { mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Status, statusSchema } from '../../src/capabilities/nodes/system/status.ts';
import { paths } from '../../src/main/paths.ts';
import type { LabHost, LabProcess, Ran } from './host.ts';
import type { Lab } from './lab.ts';

const root = join(import.meta.dirname, '..', '..');
const CA = '/run/lab/platform-ca.pem';

export interface BastideOptions {
  /** Apps answer at https://<app>.<domain>. */
  readonly domain?: string;
  readonly acmeEmail?: string;
  readonly acmeDirectory?: string;
  /** A server to send letters by, as the settings name it. */
  readonly mail?: Readonly<Record<string, unknown>>;
  /** With the prober and its canaries. */
  readonly controls?: boolean;
  /** The first bring-up on a machine without stacks builds them, which takes minutes. */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A lab host on which the whole platform runs. */
export class BastideHost {
  readonly lab: Lab;
  readonly host: LabHost;
  readonly domain: string;
  agent: LabProcess;

  constructor(lab: Lab, host: LabHost, domain: string) {
    this.lab = lab;
    this.host = host;
    this.domain = domain;
    this.agent = this.#spawn();
  }

  #spawn(): LabProcess {
    return this.host.spawn([process.execPath, join(root, 'src/main/agent.ts')], { cwd: root });
  }

  /** How far the bring-up is; undefined before the agent has said anything. */
  status(): Status | undefined {
    try {
      return statusSchema.parse(JSON.parse(this.host.readFile(paths.status)));
    } catch {
      return undefined;
    }
  }

  /** Waits until this agent has brought everything up; fails with what it said. */
  async ready(timeoutMs = 300_000): Promise<void> {
    const started = performance.now();
    while (!this.agent.stdout.includes('"msg":"ready"')) {
      const ended = this.agent.child.exitCode !== null;
      if (ended || performance.now() - started > timeoutMs) {
        const failed = this.status()?.stages.find(({ error }) => error);
        const said = `${this.agent.stdout}${this.agent.stderr}`.split('\n').slice(-15).join('\n');
        throw new Error(
          `the platform did not come up; ${JSON.stringify(failed ?? this.status()?.stages)}\n${said}`,
        );
      }
      await sleep(100);
    }
  }

  /** Ends the agent the hard way and starts another, as a supervisor would. */
  async killAgent(): Promise<void> {
    this.agent.kill('SIGKILL');
    await this.agent.exited;
    this.agent = this.#spawn();
  }

  /** Ends the API's program the hard way; the engine starts it again. */
  async killApi(): Promise<void> {
    await this.killContainer('bastide-api');
  }

  /** SIGKILL to a container's own process. `docker kill` is not the same: the engine takes it for a wish and does not restart. */
  async killContainer(container: string): Promise<void> {
    const { stdout } = await this.docker('inspect', '--format', '{{.State.Pid}}', container);
    await this.host.must(['kill', '-9', stdout.trim()]);
  }

  docker(...args: string[]): Promise<Ran> {
    return this.host.exec(['docker', '--host', `unix://${paths.engineSocket}`, ...args]);
  }

  /** As whoever has root on the host: words to the platform's own database. Throws where it refuses them. */
  async sql(statement: string): Promise<string> {
    const ran = await this.docker(
      ...['exec', 'bastide-postgres', '/usr/lib/postgresql/15/bin/psql', '-h', '/run/postgresql'],
      ...['-U', 'postgres', '-d', 'bastide', '-Atc', statement],
    );
    if (ran.code !== 0) throw new Error(`${statement}: ${ran.stderr}`);
    return ran.stdout.trim();
  }

  /** Asks the API over its own socket, not through the edge. */
  api(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const asking = request({
        socketPath: this.host.path(join(paths.apiSocketDir, 'api.sock')),
        method,
        path,
        headers: {
          host: `bastide.${this.domain}`,
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      });
      asking.once('error', reject).once('response', async (response) => {
        let said = '';
        for await (const part of response.setEncoding('utf8')) said += part;
        resolve({ status: response.statusCode ?? 0, body: said === '' ? undefined : JSON.parse(said) });
      });
      asking.end(text);
    });
  }

  /** A request through the edge, as a stranger with the platform's CA makes it; `-w` and friends go into `options`. */
  curl(url: string, options: readonly string[] = [], from: LabHost = this.lab.attacker): Promise<Ran> {
    from.writeFile(CA, this.certificateAuthority());
    return from.exec([
      'curl',
      '--silent',
      '--show-error',
      '--max-time',
      '20',
      '--cacert',
      CA,
      ...options,
      url,
    ]);
  }

  /** The platform's own authority, PEM. */
  certificateAuthority(): string {
    const kept = this.host.readFile(join(paths.secrets, 'ca', 'root.pem'));
    return `${/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(kept)![0]}\n`;
  }
}

/** Starts the platform on a host and waits until it is ready. */
export async function startBastide(
  lab: Lab,
  name: string,
  options: BastideOptions = {},
): Promise<BastideHost> {
  const { timeoutMs, domain = 'apps.test', ...acme } = options;
  const host = lab.host(name);
  await lab.dns.set({ [`*.${domain}`]: host.address });
  host.writeFile(paths.settings, JSON.stringify({ domain, ...acme }));
  // Its own build: another lab or the machine's own platform may be built from other sources.
  mkdirSync(join(root, 'dist'), { recursive: true });
  await host.must(['mount', '-t', 'tmpfs', 'tmpfs', join(root, 'dist')]);
  const build = `import(${JSON.stringify(join(root, 'packaging/lib/build.ts'))}).then(({ buildImages }) => buildImages())`;
  await host.must([process.execPath, '--eval', build], { cwd: root });
  const bastide = new BastideHost(lab, host, domain);
  await bastide.ready(timeoutMs);
  return bastide;
}
