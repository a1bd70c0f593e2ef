import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { NewToken } from '../../src/capabilities/access/model.ts';
import { apiSocket } from '../../src/capabilities/nodes/system/api.ts';
import { type Client, client } from '../../src/cli/client.ts';
import { packDirectory } from '../../src/cli/pack.ts';
import { ended, OperationView, StepView } from '../../src/kernel/operation.ts';
import { isRefusal, must, type Outcome } from '../../src/kernel/refusal.ts';
import { type BastideHost, startBastide } from '../../test/lab/bastide-host.ts';
import { createLab, type Lab } from '../../test/lab/lab.ts';

const root = join(import.meta.dirname, '..', '..');
const Anything = z.looseObject({});
const Accepted = z.looseObject({ operationId: z.uuid() });
const Operation = OperationView.extend({ steps: z.array(StepView) });
export type Operation = z.infer<typeof Operation>;

/** The app that benches deploy. */
export const APP_SOURCE = join(root, 'bench/lib/app');

/** A lab host with the whole platform on it, somebody signed in, an organization and a project. */
export class Platform implements AsyncDisposable {
  readonly lab: Lab;
  readonly bastide: BastideHost;
  readonly api: Client;

  constructor(lab: Lab, bastide: BastideHost, api: Client) {
    this.lab = lab;
    this.bastide = bastide;
    this.api = api;
  }

  /** Runs `bench/lib/inside.ts` on the host. */
  async inside(...words: string[]): Promise<string> {
    const argv = [process.execPath, join(root, 'bench/lib/inside.ts'), ...words];
    return (await this.bastide.host.must(argv, { cwd: root })).trim();
  }

  /** Waits for the end of an operation; throws where it fails. */
  async finished(operationId: string): Promise<Operation> {
    for (;;) {
      const seen = await this.api.get(`/v1/operations/${operationId}`, Operation);
      // The API may be down for a moment: some benches see to that.
      if (!isRefusal(seen) && ended(seen.status)) {
        if (seen.status === 'succeeded') return seen;
        throw new Error(`${seen.kind} ${seen.status}: ${JSON.stringify(seen.failure)}`);
      }
      await sleep(100);
    }
  }

  /** Asks for a change and waits for its end. */
  async change(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<Operation> {
    const { operationId } = must(await this.api.send(method, path, body, Accepted));
    return this.finished(operationId);
  }

  async createApp(project: string, app: string): Promise<void> {
    await again('project_not_ready', () =>
      this.api.send('POST', `/v1/projects/${project}/apps`, { name: app }, Anything),
    );
  }

  async createDatabase(project: string, body: object): Promise<Operation> {
    const { operationId } = await again('project_not_ready', () =>
      this.api.send('POST', `/v1/projects/${project}/databases`, body, Accepted),
    );
    return this.finished(operationId);
  }

  /** Packs, uploads and deploys a directory; answers as soon as the operation is accepted. */
  async submitDeploy(app: string, directory: string): Promise<string> {
    const { stream } = must(await packDirectory(directory));
    const { upload } = must(
      await this.api.upload(
        `/v1/apps/${app}/sources`,
        'application/gzip',
        stream,
        z.looseObject({ upload: z.string() }),
      ),
    );
    const body = { source: { kind: 'upload', upload } };
    return must(await this.api.send('POST', `/v1/apps/${app}/deploys`, body, Accepted)).operationId;
  }

  async deploy(app: string, directory: string): Promise<Operation> {
    return this.finished(await this.submitDeploy(app, directory));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab.close();
  }
}

/** Asks until the answer is another one than this refusal. */
async function again<T>(code: string, ask: () => Promise<Outcome<T>>): Promise<T> {
  for (let left = 200; ; left -= 1) {
    const answer = await ask();
    if (!isRefusal(answer)) return answer;
    if (answer.code !== code || left === 0) throw new Error(`${answer.code}: ${answer.message}`);
    await sleep(100);
  }
}

/** Brings the platform up in a lab of its own; `others` are hosts beside it. */
export async function startPlatform(others: readonly string[] = []): Promise<Platform> {
  const lab = await createLab({ hosts: ['n1', ...others] });
  try {
    const bastide = await startBastide(lab, 'n1', { timeoutMs: 900_000 });
    const server = `unix:${bastide.host.path(apiSocket)}`;
    const unsigned = new Platform(lab, bastide, client({ server }));
    const token = await unsigned.inside('mint');
    const session = must(
      await unsigned.api.send('POST', '/v1/sessions/bootstrap', { token, account: 'bench' }, NewToken),
    );
    const platform = new Platform(lab, bastide, client({ server, token: session.token }));
    must(await platform.api.send('POST', '/v1/organizations', { name: 'bench' }, Anything));
    await platform.change('POST', '/v1/organizations/bench/projects', { name: 'bench' });
    return platform;
  } catch (error) {
    await lab.close();
    throw error;
  }
}
