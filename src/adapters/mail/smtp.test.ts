import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { Outside } from '../outbound/port.ts';
import { makeMemoryPki } from '../pki/memory.ts';
import type { Authority, IssuedLeaf } from '../pki/port.ts';
import type { Letter, MailServer } from './port.ts';
import { makeMail } from './smtp.ts';

let root: Authority;
let leaf: IssuedLeaf;
const started: SMTPServer[] = [];
let got: { to: string[]; raw: string; secure: boolean }[] = [];

const here: Outside = {
  resolve: (_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  permitted: () => true,
};
const letter: Letter = {
  id: 'one',
  from: 'Bastide <bastide@example.org>',
  to: 'ann@example.org',
  subject: 'Staff ask',
  text: 'Say yes or no.\nÀ bientôt',
};

/** A server of its own; `implicit`: TLS from the first byte. */
async function start(options: SMTPServerOptions = {}): Promise<number> {
  const server = new SMTPServer({
    ...{ cert: leaf.certificate, key: leaf.key.reveal(), authOptional: true, logger: false },
    onData(stream, session, done) {
      let raw = '';
      stream.setEncoding('utf8').on('data', (part: string) => {
        raw += part;
      });
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        got.push({ to, raw, secure: session.secure });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  started.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.server.address() as AddressInfo).port;
}
const at = (port: number, over: Partial<MailServer> = {}): MailServer => ({
  ...{ host: 'mail.example.org', port, ca: root.certificate, private: false },
  ...{ user: undefined, password: undefined, ...over },
});
const says = async (server: MailServer, some: Letter = letter, way = here) => {
  const said = await makeMail(() => way, 3000).send(server, some);
  return isRefusal(said) ? said.code : 'sent';
};

beforeAll(async () => {
  const pki = makeMemoryPki();
  root = must(await pki.root());
  leaf = must(await pki.issue({ commonName: 'mail', hosts: ['mail.example.org'], usage: 'server', days: 1 }));
});
afterEach(async () => {
  got = [];
  for (const server of started.splice(0)) await new Promise<void>((closed) => server.close(closed));
});

test('a letter arrives by STARTTLS, in its own words', async () => {
  expect(await says(at(await start()))).toBe('sent');
  expect(got).toMatchObject([{ to: ['ann@example.org'], secure: true }]);
  const read = await PostalMime.parse(got[0]!.raw);
  expect(read).toMatchObject({ subject: 'Staff ask', messageId: '<one@example.org>' });
  expect(read.text?.trim().split(/\r?\n/)).toEqual(['Say yes or no.', 'À bientôt']);
  expect(read.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated');
});

test('names and words make no other header and no other recipient', async () => {
  const port = await start();
  const subject = 'Hello\r\nBcc: eve@example.org\r\n\r\nbody';
  const text = '.\r\nMAIL FROM:<eve@example.org>\r\n.\r\nQUIT';
  expect(await says(at(port), { ...letter, subject, text })).toBe('sent');
  expect(got).toHaveLength(1);
  expect(got[0]!.to).toEqual(['ann@example.org']);
  expect((await PostalMime.parse(got[0]!.raw)).bcc).toBeUndefined();
  const to = 'ann@example.org, eve@example.org';
  got = [];
  await says(at(port), { ...letter, to });
  expect(got.flatMap((one) => one.to)).not.toContain('eve@example.org');
});

test('nothing is said to a server without TLS, or with somebody else’s certificate', async () => {
  expect(await says(at(await start({ disabledCommands: ['STARTTLS'] })))).toBe('mail_untrusted');
  const port = await start();
  expect(await says(at(port, { ca: undefined }))).toBe('mail_untrusted');
  expect(await says(at(port, { host: 'other.example.org' }))).toBe('mail_untrusted');
  expect(got).toEqual([]);
});

test('a server knows the platform by name and password, or does not', async () => {
  const port = await start({
    authOptional: false,
    onAuth: ({ username, password }, _session, done) =>
      username === 'bastide' && password === 'right'
        ? done(null, { user: username })
        : done(new Error('no such user')),
  });
  const as = (password: string) => at(port, { user: 'bastide', password: new Secret(password) });
  expect(await says(as('right'))).toBe('sent');
  expect(await says(as('wrong'))).toBe('mail_login_refused');
  expect(await says(at(port))).not.toBe('sent');
});

test('what the server refuses for good is told from what may do later', async () => {
  const answer = (responseCode: number) =>
    start({ onRcptTo: (_to, _session, done) => done(Object.assign(new Error('no'), { responseCode })) });
  expect(await says(at(await answer(550)))).toBe('mail_refused');
  expect(await says(at(await answer(450)))).toBe('mail_postponed');
  expect(await says(at(1))).toBe('mail_unreachable');
  // Of the sender, or of what a letter says: no fault of this recipient's, and the next letter would hear the same.
  const no = Object.assign(new Error('not from you to ann@example.org'), { responseCode: 550 });
  const sender = await start({ onMailFrom: (_from, _session, done) => done(no) });
  expect(await says(at(sender))).toBe('mail_unreachable');
  const words = await start({
    onData: (stream, _session, done) => void stream.resume().on('end', () => done(no)),
  });
  const said = await makeMail(() => here, 3000).send(at(words), letter);
  expect(isRefusal(said) && [said.code, said.message]).toEqual([
    'mail_unreachable',
    expect.not.stringContaining('ann@'),
  ]);
});

test('it goes to no address that it must not, by name or as it is', async () => {
  const port = await start();
  const nowhere = { ...here, permitted: () => false };
  expect(await says(at(port), letter, nowhere)).toBe('mail_forbidden');
  expect(await says(at(port, { host: '127.0.0.1' }), letter, nowhere)).toBe('mail_forbidden');
});
