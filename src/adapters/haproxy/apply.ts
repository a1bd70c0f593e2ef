import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { Ran } from '../exec/port.ts';
import { diff } from './diff.ts';
import { edgeCommandRefused, edgeConfigRefused, edgeReloadFailed } from './errors.ts';
import { type Before, restoreFiles, writeFiles } from './files.ts';
import { observeRunning, runningDigest, runningServers } from './observe.ts';
import { serverHealth } from './parse.ts';
import type { Edge, EdgeApplied, EdgeConfig } from './port.ts';
import { certificateFile, configFile } from './render/names.ts';
import { type Rendered, render } from './render.ts';
import type { EdgeSettings } from './settings.ts';
import { ask } from './socket.ts';

export interface EdgeDeps {
  readonly settings: EdgeSettings;
  /** Runs `checkArgv(file)` where HAProxy is: on this machine or in its container. */
  readonly check: (file: string) => Promise<Outcome<Pick<Ran, 'code' | 'stdout' | 'stderr'>>>;
}

/** A certificate that its key does not fit would keep HAProxy from starting: never on disk. */
function refuseCertificate(config: EdgeConfig): Outcome<void> {
  for (const { name, pem } of config.certificates) {
    try {
      if (new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem))) continue;
      return edgeConfigRefused(`the certificate of ${name} does not fit its key`);
    } catch {
      return edgeConfigRefused(`the certificate of ${name} is unreadable`);
    }
  }
}

const clean = (config: EdgeConfig): EdgeConfig => ({
  ...config,
  certificates: config.certificates.map((c) => ({
    ...c,
    pem: `${c.pem.trim().replace(/\s*\n(\s*\n)*/g, '\n')}\n`,
  })),
});

/** HAProxy on this machine, driven over its sockets. */
export function makeEdge({ settings, check }: EdgeDeps): Edge {
  const { files, sockets } = settings;
  const verified = new Map<string, string>();
  let last: Promise<unknown> = Promise.resolve();

  /** One change at a time: two would each undo half of the other. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  }

  async function write(config: EdgeConfig): Promise<Outcome<{ rendered: Rendered; before: Before }>> {
    const rendered = render(settings, config);
    if (isRefusal(rendered)) return rendered;
    const unfit = refuseCertificate(config);
    if (isRefusal(unfit)) return unfit;
    return { rendered, before: await writeFiles(settings, rendered) };
  }

  /** Asks HAProxy itself; puts the files back where it says no. */
  async function checked(before: Before): Promise<Outcome<void>> {
    const ran = await check(configFile(files));
    if (!isRefusal(ran) && ran.code === 0) return;
    await restoreFiles(settings, before);
    return isRefusal(ran) ? ran : edgeConfigRefused((ran.stderr || ran.stdout).trim().slice(-1000));
  }

  async function reload(digest: string, before: Before): Promise<Outcome<void>> {
    const asked = await ask(sockets.master, 'reload');
    if (isRefusal(asked)) return asked;
    for (let i = 0; i < 150; i++) {
      await sleep(100);
      const now = await runningDigest(settings);
      if (now === digest) return;
    }
    await restoreFiles(settings, before);
    await ask(sockets.master, 'reload');
    return edgeReloadFailed('the new process did not answer in fifteen seconds');
  }

  async function command(config: EdgeConfig): Promise<Outcome<number>> {
    const running = await observeRunning(settings, config, verified);
    if (isRefusal(running)) return running;
    const commands = diff(files, config, running);
    for (const { line, accept } of commands) {
      const said = await ask(sockets.admin, line);
      if (isRefusal(said)) return said;
      // The payload of a certificate holds its key.
      if (!accept.test(said))
        return edgeCommandRefused(line.split('\n')[0]!.slice(0, 200), said.trim().slice(0, 500));
    }
    verified.clear();
    for (const c of config.certificates) verified.set(certificateFile(files, c.name), c.pem);
    return commands.length;
  }

  async function apply(wanted: EdgeConfig): Promise<Outcome<EdgeApplied>> {
    const config = clean(wanted);
    const written = await write(config);
    if (isRefusal(written)) return written;
    const { rendered, before } = written;
    const now = await runningDigest(settings);
    if (isRefusal(now)) return now;
    const reloaded = now !== rendered.digest;
    if (reloaded) {
      const refused = (await checked(before)) ?? (await reload(rendered.digest, before));
      if (isRefusal(refused)) return refused;
      verified.clear();
    }
    const changes = await command(config);
    if (isRefusal(changes)) return changes;
    const servers = await runningServers(settings);
    if (isRefusal(servers)) return servers;
    return { changes, reloaded, leaving: servers.filter((server) => server.maintenance).length };
  }

  return {
    prepare: (config) =>
      inTurn(async () => {
        const written = await write(clean(config));
        if (isRefusal(written)) return written;
      }),
    apply: (config) => inTurn(() => apply(config)),
    async health() {
      const servers = await runningServers(settings);
      return isRefusal(servers) ? servers : servers.filter((server) => !server.maintenance).map(serverHealth);
    },
  };
}
