import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildPages } from '../../packaging/lib/build.ts';
import { makeOpenId } from '../adapters/openid/client.ts';
import { type RealProvider, realProvider } from '../adapters/openid/testing/provider.ts';
import { here, type TlsServer, tlsServer } from '../adapters/openid/testing/tls.ts';
import { testAgent } from '../capabilities/access/testing/agent.ts';
import { people } from '../capabilities/access/testing/people.ts';
import { codeAt } from '../capabilities/access/totp.ts';
import type { Secret } from '../kernel/secret.ts';
import { readPages } from './pages.ts';
import { type TestApi, testApi } from './testing.ts';

/** Single sign-on in a real browser, with a real OpenID provider and the agent's half, over TLS. */
const ORIGIN = 'https://bastide.localhost';
let ahead = 0;
const clock = {
  now: () => new Date(Date.now() + ahead),
  pass: (ms: number) => {
    ahead += ms;
  },
};
let api: TestApi;
let https: TlsServer;
let idp: RealProvider;
let browser: Browser;
let directory: string;
let ended = false;
let agent: Promise<void>;
const p = people(() => api, clock);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bastide-pages-'));
  await buildPages(join(directory, 'pages'));
  api = await testApi([], clock.now, undefined, await readPages(join(directory, 'pages')));
  await api.server.ready();
  https = await tlsServer(
    'bastide.localhost',
    () => (request, response) => api.server.routing(request, response),
  );
  idp = await realProvider(`${ORIGIN}/sso`);
  const { next } = testAgent(api.t.db, makeOpenId({ operators: here() }), clock.now);
  agent = (async () => {
    while (!ended) if (!(await next())) await new Promise((resolve) => setTimeout(resolve, 200));
  })();
  const added = await p.call('POST', '/v1/platform/sso', {
    token: await api.account('operator'),
    body: {
      ...{ name: 'corp', issuer: idp.issuer, clientId: idp.clientId },
      ...{ clientSecret: idp.secret.reveal(), ca: idp.ca },
    },
  });
  expect(added.statusCode).toBe(202);
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      `--host-resolver-rules=MAP bastide.localhost:443 127.0.0.1:${https.port}, MAP id.example.org 127.0.0.1, MAP * ~NOTFOUND`,
      `--ignore-certificate-errors-spki-list=${https.pin},${idp.pin}`,
    ],
  });
});
afterAll(async () => {
  ended = true;
  await agent;
  await browser?.close();
  https?.close();
  idp?.close();
  await api?.close();
  await rm(directory, { recursive: true, force: true });
});

const heading = (page: Page, words: string | RegExp) =>
  page.getByRole('heading', { level: 1, name: words }).waitFor({ timeout: 20_000 });

async function visitor(): Promise<{ page: Page; context: BrowserContext; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 900, height: 900 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  context.on('page', (one) => one.on('pageerror', (error) => complaints.push(error.message)));
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, context, complaints };
}

/** Types the next code of the app where it is asked for. */
async function code(page: Page, seed: Secret): Promise<void> {
  clock.pass(30_000);
  await page.getByLabel('Code of the authenticator app').fill(codeAt(seed, clock.now()));
  await page.getByRole('button', { name: 'Go on' }).first().click();
}

const picture = (page: Page, name: string) =>
  process.env.BASTIDE_PICTURES
    ? page.screenshot({ path: join(process.env.BASTIDE_PICTURES, `${name}.png`), fullPage: true })
    : undefined;

it('links an account and signs in with it to let a device in, and nothing is kept in the browser', async () => {
  const ada = await p.account();
  const { seed } = await p.signUp(ada);
  const { page, context, complaints } = await visitor();
  idp.who.subject = 'ada-there';

  // By password and second factor; then the link.
  await page.goto(`${ORIGIN}/account`);
  await page.getByLabel('E-mail address').fill(ada.email);
  await page.getByLabel('Password').fill('otter lamp quarry violet 9');
  await page.getByRole('button', { name: 'Sign in with a password' }).click();
  await code(page, seed);
  await heading(page, ada.name);
  await page.getByRole('button', { name: 'Link', exact: true }).click();
  await heading(page, ada.name);
  await page.getByText('you are ada-there there').waitFor();
  await picture(page, 'sso-linked');

  // With the provider now.
  const begun = (
    await p.call('POST', '/v1/sessions/device', { body: { device: 'bastide on laptop' } })
  ).json() as { userCode: string; deviceCode: string };
  await page.goto(`${ORIGIN}/device`);
  await picture(page, 'sso-sign-in');
  await page.getByRole('button', { name: 'Sign in at corp' }).click();
  await heading(page, 'One more proof');
  await code(page, seed);
  await heading(page, 'Which device?');
  await page.getByLabel('Code').fill(begun.userCode);
  await page.getByRole('button', { name: 'Look' }).click();
  await page.getByRole('button', { name: 'Let it in' }).click();
  await heading(page, 'It is in');
  const got = await p.call('POST', '/v1/sessions/device/token', { body: { deviceCode: begun.deviceCode } });
  expect(got.json()).toMatchObject({ account: ada.name, level: 2 });

  const { cookies, origins } = await context.storageState();
  expect(cookies.filter(({ domain }) => domain.includes('bastide'))).toEqual([]);
  expect(origins.filter(({ origin }) => origin === ORIGIN)).toEqual([]);
  expect(complaints).toEqual([]);
});

it('says on the page that nobody is linked, and goes back', async () => {
  const { page } = await visitor();
  idp.who.subject = 'stranger-there';
  await page.goto(`${ORIGIN}/account`);
  await page.getByRole('button', { name: 'Sign in at corp' }).click();
  await heading(page, 'That did not work');
  expect(await page.getByRole('alert').textContent()).toContain('Nobody here has linked');
  await page.getByRole('button', { name: 'Back' }).click();
  await heading(page, 'Sign in');
});

it('lets somebody who does not sign in there go back', async () => {
  const { page, context } = await visitor();
  // The other window does not come up: the provider is somewhere that this browser does not find.
  await context.route(`${idp.issuer}/**`, (route) => route.abort());
  await page.goto(`${ORIGIN}/account`);
  await page.getByRole('button', { name: 'Sign in at corp' }).click();
  await heading(page, 'At corp');
  expect(await page.getByRole('link', { name: 'Open it' }).getAttribute('href')).toContain(idp.issuer);
  await picture(page, 'sso-away');
  await page.getByRole('button', { name: 'Another way' }).click();
  await heading(page, 'That did not work');
  await page.getByRole('button', { name: 'Back' }).click();
  await heading(page, 'Sign in');
});

it('does nothing with a code that somebody sends in a link', async () => {
  const { page } = await visitor();
  await page.goto(`${ORIGIN}/sso?code=evil&state=evil&iss=https%3A%2F%2Fevil.example.org`);
  await heading(page, 'Nothing waits for this');
  expect(page.url()).toBe(`${ORIGIN}/sso`);
});
