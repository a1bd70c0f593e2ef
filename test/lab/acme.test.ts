import { expect, test } from 'vitest';
import { startAcme } from './acme.ts';
import { createLab } from './lab.ts';

test('a host talks to the ACME server, trusting its authority', async () => {
  await using lab = await createLab({ hosts: ['n1'], uplink: false });
  const acme = await startAcme(lab);
  const host = lab.host('n1');
  host.writeFile('/etc/acme-ca.pem', acme.certificateAuthority);
  const directory = JSON.parse(
    await host.must(['curl', '-fsS', '--cacert', '/etc/acme-ca.pem', acme.directory]),
  );
  expect(directory).toHaveProperty('newOrder');
  expect((await host.exec(['curl', '-fsS', acme.directory])).code, 'not without it').toBe(60);
  expect(await acme.issuer()).toContain('BEGIN CERTIFICATE');
});
