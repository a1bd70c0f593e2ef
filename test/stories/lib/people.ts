import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { codeAt } from '../../../src/capabilities/access/totp.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import type { LabProcess, Ran } from '../../lab/host.ts';
import { mintToken, type Platform } from './platform.ts';

const cli = join(import.meta.dirname, '../../../src/main/cli.ts');
const CA = '/run/lab/platform-ca.pem';
const PASSWORD = 'otter lamp quarry violet 9';
const PLACE = '/run/lab/people';

interface Half {
  readonly token: string;
  readonly level: 1 | 2;
}

/** Somebody at the desk who signed in with a password and an authenticator app. */
export interface Person {
  readonly name: string;
  /** Where the command line keeps what is theirs. */
  readonly config: string;
  readonly env: Record<string, string>;
  bastide(...args: string[]): Promise<Ran>;
  ok(...args: string[]): Promise<string>;
  json<T>(...args: string[]): Promise<T>;
  begin(...args: string[]): LabProcess;
}

/** A request to the API from the desk, through the edge. Throws what it said where it was refused. */
async function call<T>(
  { node, desk }: Platform,
  method: string,
  path: string,
  body: unknown,
  token?: string,
): Promise<T> {
  const ran = await desk.exec(
    [
      ...['curl', '--silent', '--fail-with-body', '--cacert', CA, '--request', method, '--data-binary', '@-'],
      ...['--header', 'content-type: application/json'],
      ...(token ? ['--header', `authorization: Bearer ${token}`] : []),
      `https://bastide.${node.domain}${path}`,
    ],
    { stdin: JSON.stringify(body) },
  );
  if (ran.code !== 0) throw new Error(`${method} ${path}: ${ran.stdout}${ran.stderr}`);
  return JSON.parse(ran.stdout) as T;
}

/** Enrols an authenticator app in a half session: the token of the whole one. */
async function enrol(platform: Platform, { token }: Half): Promise<string> {
  const { seed } = await call<{ seed: string }>(platform, 'POST', '/v1/account/totp', {}, token);
  const code = codeAt(new Secret(seed), new Date());
  const added = await call<{ session: Half }>(platform, 'POST', '/v1/account/totp/confirm', { code }, token);
  return added.session.token;
}

function person(platform: Platform, name: string, token: string): Person {
  const { desk, node } = platform;
  const env = { XDG_CONFIG_HOME: join(PLACE, name) };
  const config = join(PLACE, name, 'bastide');
  const ca = node.certificateAuthority();
  const kept = { server: `https://bastide.${node.domain}`, token, account: name, ca };
  desk.writeFile(join(config, 'config.json'), JSON.stringify(kept), 0o600);
  const argv = (args: string[]) => [process.execPath, cli, ...args];
  const bastide = (...args: string[]) => desk.exec(argv(args), { env });
  const ok = async (...args: string[]): Promise<string> => {
    const ran = await bastide(...args);
    if (ran.code === 0) return ran.stdout;
    throw new Error(`${name}: bastide ${args.join(' ')} ended with ${ran.code}\n${ran.stdout}${ran.stderr}`);
  };
  return {
    ...{ name, config, env, bastide, ok },
    json: async <T>(...args: string[]) => JSON.parse(await ok(...args, '--json')) as T,
    begin: (...args) => desk.spawn(argv(args), { env }),
  };
}

/** Proves the password of somebody from the desk: a half session. Throws what was said where it was refused. */
export const signIn = (platform: Platform, name: string): Promise<Half> =>
  call(platform, 'POST', '/v1/sessions', { email: `${name}@example.org`, password: PASSWORD });

/** A name that nobody of an earlier run in a lab that is kept has. */
const unique = (name: string): string => `${name}-${randomBytes(3).toString('hex')}`;

/** Somebody who runs the platform: of a bootstrap token, then with a password and a second factor. */
export async function operator(platform: Platform, called: string): Promise<Person> {
  const name = unique(called);
  const body = { token: await mintToken(platform.node), account: name };
  const { token } = await call<{ token: string }>(platform, 'POST', '/v1/sessions/bootstrap', body);
  const own = { password: PASSWORD, email: `${name}@example.org` };
  await call(platform, 'PUT', '/v1/account/password', own, token);
  return person(platform, name, await enrol(platform, await signIn(platform, name)));
}

/** Somebody whom a member invited, with an account and a second factor of their own. */
export async function invited(
  platform: Platform,
  by: Pick<Person, 'json'>,
  called: string,
  role: string,
  organization: string,
): Promise<Person> {
  const name = unique(called);
  const email = `${name}@example.org`;
  const args = ['members:add', email, role, '--organization', organization];
  const { invitation } = await by.json<{ invitation: string }>(...args);
  const half = await call<Half>(platform, 'POST', '/v1/accounts', { invitation, name, password: PASSWORD });
  return person(platform, name, await enrol(platform, half));
}
