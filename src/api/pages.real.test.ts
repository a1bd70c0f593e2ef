import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPages } from '../../packaging/lib/build.ts';
import { runner } from '../adapters/exec/run.ts';
import { PASSWORD, people } from '../capabilities/access/testing/people.ts';
import { newId } from '../kernel/id.ts';
import { must } from '../kernel/refusal.ts';
import { readPages } from './pages.ts';
import { caller, type TestApi, testApi } from './testing.ts';

/** The pages in a real browser with an authenticator of its own, over TLS at the platform's own name. */
const ORIGIN = 'https://bastide.localhost';
const clock = { now: () => new Date(), pass: () => {} };

let api: TestApi;
let https: Server;
let browser: Browser;
let directory: string;
const { account } = people(() => api, clock);
const call = caller(() => api);

async function certificate(): Promise<{ key: string; cert: string; pin: string }> {
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const openssl = async (...argv: string[]) =>
    must(await runner.run({ argv: ['openssl', ...argv], timeoutMs: 20_000 })).stdout;
  await openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
    ...['-subj', '/CN=bastide.localhost', '-addext', 'subjectAltName=DNS:bastide.localhost'],
    ...['-keyout', key, '-out', cert],
  );
  const { X509Certificate, createHash } = await import('node:crypto');
  const pem = await readFile(cert, 'utf8');
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
  return {
    key: await readFile(key, 'utf8'),
    cert: pem,
    pin: createHash('sha256').update(spki).digest('base64'),
  };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bastide-pages-'));
  await buildPages(join(directory, 'pages'));
  api = await testApi([], clock.now, undefined, await readPages(join(directory, 'pages')));
  await api.server.ready();
  const { key, cert, pin } = await certificate();
  https = createServer({ key, cert }, (request, response) => api.server.routing(request, response));
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
  const { port } = https.address() as AddressInfo;
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    // Everything else is nowhere: a page that asks for anything but its own platform fails.
    args: [
      '--no-sandbox',
      `--host-resolver-rules=MAP bastide.localhost:443 127.0.0.1:${port}, MAP * ~NOTFOUND`,
      `--ignore-certificate-errors-spki-list=${pin}`,
    ],
  });
});
afterAll(async () => {
  await browser?.close();
  https?.closeAllConnections();
  https?.close();
  await api?.close();
  await rm(directory, { recursive: true, force: true });
});

/** A browser of somebody's with an authenticator in it, and what it complained about. */
async function visitor(): Promise<{ page: Page; complaints: string[]; context: BrowserContext }> {
  const context = await browser.newContext({ viewport: { width: 900, height: 900 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  });
  return { page, complaints, context };
}

const picture = (page: Page, name: string) =>
  process.env.BASTIDE_PICTURES
    ? page.screenshot({ path: join(process.env.BASTIDE_PICTURES, `${name}.png`), fullPage: true })
    : undefined;

const heading = (page: Page, words: string | RegExp) =>
  page.getByRole('heading', { level: 1, name: words }).waitFor({ timeout: 20_000 });

/** Signs in by password and makes the first passkey; ends at the overview of the account. */
async function enrolled(page: Page, email: string): Promise<void> {
  await page.goto(`${ORIGIN}/account`);
  await heading(page, 'Sign in');
  await picture(page, 'sign-in');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in with a password' }).click();
  await heading(page, 'Your second factor');
  await picture(page, 'second-factor');
  await page.getByRole('button', { name: 'Make a passkey' }).click();
  await heading(page, 'Recovery codes');
  await page.getByRole('button', { name: 'I have kept them' }).click();
}

describe('in a browser', () => {
  it('a password makes a passkey, and then the passkey alone lets a device in', async () => {
    const ada = await account();
    const { page, complaints } = await visitor();
    await enrolled(page, ada.email);
    await heading(page, ada.name);
    await page.getByText('first passkey').waitFor();
    await picture(page, 'account');

    const begun = (
      await call('POST', '/v1/sessions/device', { body: { device: 'bastide on laptop' } })
    ).json() as { userCode: string; deviceCode: string; verificationUri: string };
    expect(begun.verificationUri).toBe(`${ORIGIN}/device`);
    await page.goto(begun.verificationUri);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await heading(page, 'Which device?');
    // As people type: small letters, no dash.
    await page.getByLabel('Code').fill(begun.userCode.replace('-', '').toLowerCase());
    await page.getByRole('button', { name: 'Look' }).click();
    await heading(page, 'Let it in?');
    await page.getByText('bastide on laptop').waitFor();
    await picture(page, 'device');
    await page.getByRole('button', { name: 'Let it in' }).click();
    await heading(page, 'It is in');
    const got = await call('POST', '/v1/sessions/device/token', { body: { deviceCode: begun.deviceCode } });
    expect(got.statusCode, got.body).toBe(201);
    expect(got.json()).toMatchObject({ account: ada.name, level: 2 });
    expect(complaints).toEqual([]);
  });

  it('a wrong password is said on the page, and the button works again', async () => {
    const { page } = await visitor();
    const ada = await account();
    await page.goto(`${ORIGIN}/account`);
    await page.getByLabel('E-mail address').fill(ada.email);
    await page.getByLabel('Password').fill('not the password at all');
    const button = page.getByRole('button', { name: 'Sign in with a password' });
    await button.click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('e-mail');
    expect(await button.isEnabled()).toBe(true);
    await picture(page, 'refused');
  });

  it('a device that is turned down gets nothing', async () => {
    const ada = await account();
    const { page } = await visitor();
    await enrolled(page, ada.email);
    const begun = (await call('POST', '/v1/sessions/device', { body: { device: 'a stranger' } })).json() as {
      userCode: string;
      deviceCode: string;
    };
    await page.goto(`${ORIGIN}/device`);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByLabel('Code').fill(begun.userCode);
    await page.getByRole('button', { name: 'Look' }).click();
    await page.getByRole('button', { name: 'No', exact: true }).click();
    await heading(page, 'Turned down');
    const got = await call('POST', '/v1/sessions/device/token', { body: { deviceCode: begun.deviceCode } });
    expect(got.json()).toMatchObject({ error: { code: 'device_refused' } });
  });

  it('an authenticator app is shown as a picture that holds its secret', async () => {
    const ada = await account();
    const { page } = await visitor();
    await page.goto(`${ORIGIN}/account`);
    await page.getByLabel('E-mail address').fill(ada.email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in with a password' }).click();
    await page.getByRole('button', { name: 'Use an authenticator app' }).click();
    await heading(page, 'Authenticator app');
    await page.getByRole('img', { name: /QR code/ }).waitFor();
    await picture(page, 'authenticator-app');
  });

  it('leaving the page ends the session', async () => {
    const ada = await account();
    const { page, context } = await visitor();
    await enrolled(page, ada.email);
    await heading(page, ada.name);
    await page.goto(`${ORIGIN}/join`);
    await heading(page, 'Join');
    await picture(page, 'join');
    const open = () =>
      api.t.db
        .selectFrom('sessions')
        .select('id')
        .where('account_id', '=', ada.id)
        .where('revoked_at', 'is', null)
        .execute();
    await expect.poll(open).toEqual([]);
    expect(await context.storageState()).toEqual({ cookies: [], origins: [] });
  });

  it('a customer lets staff in for the time that they asked for, and ends it', async () => {
    const { organizationId, projectId } = await api.world('shop');
    const ada = await account('owner', organizationId);
    const staff = await account('operator');
    const { page, complaints } = await visitor();
    await enrolled(page, ada.email);
    await heading(page, ada.name);
    await page.goto(`${ORIGIN}/access`);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await heading(page, 'Staff access');
    await page.getByText('Nobody asks, and nobody is let in.').waitFor();
    await api.t.db
      .insertInto('staff_grants')
      .values({
        ...{ id: newId(), organization_id: organizationId, project_id: projectId, kind: 'consent' },
        ...{ scopes: ['logs'], reason: 'Ticket 4711: 502 since noon', seconds: 1800 },
        ...{ requested_by: staff.id, requested_name: staff.name },
      })
      .execute();
    await page.goto(`${ORIGIN}/access`);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByText('Ticket 4711: 502 since noon').waitFor();
    await picture(page, 'access-asked');
    await page.getByRole('button', { name: 'Let in for 30 minutes' }).click();
    await page.getByText(`${staff.name} was let in.`).waitFor();
    await picture(page, 'access-live');
    const state = () =>
      api.t.db.selectFrom('staff_grants').select(['decision', 'decided_name', 'end_reason']).execute();
    expect(await state()).toEqual([{ decision: 'approved', decided_name: ada.name, end_reason: null }]);
    await page.getByRole('button', { name: 'End it now' }).click();
    await page.getByText('Ended.').waitFor();
    expect(await state()).toMatchObject([{ end_reason: 'revoked' }]);
    expect(complaints).toEqual([]);
  });
});

describe('the policy of the pages', () => {
  it('allows their own script and style, and no frame, no other place and no text as a script', async () => {
    const answer = await call('GET', '/device');
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(answer.headers['x-frame-options']).toBe('SAMEORIGIN');
  });
});
