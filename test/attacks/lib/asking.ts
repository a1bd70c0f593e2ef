import { join } from 'node:path';
import { DOMAIN, type Platform } from '../../stories/lib/platform.ts';

const API = `https://bastide.${DOMAIN}`;
const FIRST_USE = join(import.meta.dirname, '../../../packaging/lib/first-use.ts');

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly code: string | undefined;
}

/** Asks the API from the attacker's host, through the edge, with whatever curl can be made to send. */
export async function askApi(
  { lab, node }: Platform,
  path: string,
  options: readonly string[] = [],
  token?: string,
): Promise<Answer> {
  lab.attacker.writeFile(
    '/run/lab/token',
    token === undefined ? '' : `authorization: Bearer ${token}\n`,
    0o600,
  );
  const { stdout } = await node.curl(`${API}${path}`, [
    ...['--write-out', '\n%{http_code}', '--path-as-is', '--header', '@/run/lab/token'],
    ...options,
  ]);
  const end = stdout.lastIndexOf('\n');
  const body = stdout.slice(0, Math.max(0, end));
  return { status: Number(stdout.slice(end + 1)), body, code: /"code":"(\w+)"/.exec(body)?.[1] };
}

/** curl's words for a request with a JSON body. */
export const json = (method: string, body?: unknown): string[] => [
  ...['--request', method],
  ...(body === undefined
    ? []
    : ['--header', 'content-type: application/json', '--data', JSON.stringify(body)]),
];

/** Another person on the same platform; answers the API token. */
export async function newAccount(platform: Platform, account: string): Promise<string> {
  const mint = `import(${JSON.stringify(FIRST_USE)}).then(async (m) => console.log((await m.mintToken()).reveal()))`;
  const token = (await platform.node.host.must([process.execPath, '--eval', mint])).trim();
  const made = await askApi(platform, '/v1/sessions/bootstrap', json('POST', { token, account }));
  if (made.status !== 201) throw new Error(`no account: ${made.status} ${made.body}`);
  return (JSON.parse(made.body) as { token: string }).token;
}
