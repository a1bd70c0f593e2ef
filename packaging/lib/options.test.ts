import { expect, it } from 'vitest';
import { changedSettings, parseDown, parseUp } from './options.ts';

const nothing = {
  domain: undefined,
  acmeEmail: undefined,
  controls: undefined,
  acmeDirectory: undefined,
  operatorPorts: undefined,
};

it('reads the words of npm start', () => {
  expect(parseUp([])).toEqual({
    json: false,
    bare: false,
    closeOtherPorts: false,
    newToken: false,
    noVault: false,
    ...nothing,
  });
  expect(parseUp(['--domain', 'example.org', '--acme-email', 'you@example.org', '--json'])).toMatchObject({
    json: true,
    domain: 'example.org',
    acmeEmail: 'you@example.org',
  });
});

it("reads the operator's ports and the word that closes the others", () => {
  const options = parseUp(['--operator-ports', '22,2222', '--close-other-ports']);
  expect(options).toMatchObject({ operatorPorts: [22, 2222], closeOtherPorts: true });
  expect(parseUp(['--operator-ports', '']).operatorPorts).toEqual([]);
  const now = { domain: 'localhost', operator: { ports: [22], from: ['198.51.100.7'] } };
  expect(changedSettings(now, options)?.operator).toEqual({ ports: [22, 2222], from: ['198.51.100.7'] });
  expect(changedSettings(now, { ...nothing, operatorPorts: [22] })).toEqual(undefined);
});

it('refuses words that it does not know', () => {
  expect(() => parseUp(['--domian', 'x'])).toThrow('--domian');
  expect(() => parseUp(['x'])).toThrow();
  expect(() => parseDown(['--pruge'])).toThrow('--pruge');
});

it('writes settings once and again only when something is said', () => {
  expect(changedSettings(undefined, nothing)).toEqual({ domain: 'localhost' });
  expect(changedSettings({ domain: 'localhost' }, nothing)).toBeUndefined();
  expect(changedSettings({ domain: 'example.org' }, nothing)).toBeUndefined();
  expect(changedSettings({ domain: 'example.org' }, { ...nothing, acmeEmail: 'a@b.c' })).toEqual({
    domain: 'example.org',
    acmeEmail: 'a@b.c',
  });
});
