import { expect, it } from 'vitest';
import { farewell } from './farewell.ts';

const facts = {
  settings: { domain: 'localhost' },
  server: 'https://bastide.localhost',
  caFile: '/etc/bastide/ca.crt',
  token: 'bsb_x',
  example: 'hello',
  seconds: 61.4,
};

it('says where to click and what to type, for names that only this machine knows', () => {
  const text = farewell(facts);
  expect(text).toContain('after 61 s');
  expect(text).toContain('curl --cacert /etc/bastide/ca.crt https://hello.localhost/\n');
  expect(text).toContain(
    'bastide login --server https://bastide.localhost --token bsb_x --ca /etc/bastide/ca.crt',
  );
  expect(text).not.toContain('From another machine');
});

it('asks nobody to trust our authority where a public one is used', () => {
  const settings = { domain: 'example.org', acmeEmail: 'you@example.org' };
  const text = farewell({ ...facts, settings, server: 'https://bastide.example.org' });
  expect(text).toContain('curl https://hello.example.org/\n');
  expect(text).not.toContain('ca.crt');
  expect(text).toContain('From another machine, once');
});

it('shows no token the second time and no example without one', () => {
  const text = farewell({ ...facts, token: undefined, example: undefined });
  expect(text).not.toContain('--token');
  expect(text).not.toContain('hello');
});
