import { describe, expect, it } from 'vitest';
import { isRefusal, must, type Outcome } from '../../../kernel/refusal.ts';
import { isInternal, parseSettings, platformHost, renderSettings, type Settings } from './settings.ts';

const message = (outcome: Outcome<Settings>) =>
  isRefusal(outcome) ? `${outcome.code}: ${outcome.message}` : 'accepted';

describe('the settings', () => {
  it('of an empty file are a platform at localhost', () => {
    expect(must(parseSettings('{}'))).toEqual({ domain: 'localhost' });
    expect(platformHost(must(parseSettings('{}')))).toBe('bastide.localhost');
  });

  it('survive being written and read', () => {
    const settings = { domain: 'example.org', acmeEmail: 'you@example.org' };
    expect(parseSettings(renderSettings(settings))).toEqual(settings);
  });

  it("keep the operator's way in, and let one half of it be said alone", () => {
    expect(must(parseSettings('{"operator": {"ports": [22, 2222]}}')).operator).toEqual({
      ports: [22, 2222],
      from: [],
    });
    expect(must(parseSettings('{"operator": {"from": ["198.51.100.7"]}}')).operator).toEqual({
      ports: [22],
      from: ['198.51.100.7'],
    });
  });

  it.each([
    ['{', 'not JSON'],
    ['{"operator": {"ports": [0]}}', 'operator.ports'],
    ['{"operator": {"from": ["everywhere"]}}', 'operator.from'],
    ['{"operator": {"port": 22}}', 'port'],
    ['{"domian": "example.org"}', 'domian'],
    ['{"domain": "Example.org"}', 'host name'],
    ['{"domain": "a..b"}', 'host name'],
    ['{"domain": "x\\ny"}', 'host name'],
    ['{"domain": "example.org", "acmeEmail": "you"}', 'acmeEmail'],
    ['{"domain": "example.org", "acmeDirectory": "http://ca.example.org/"}', 'acmeDirectory'],
    ['{"acmeEmail": "you@example.org"}', 'no authority certifies names under localhost'],
  ])('refuse %s', (text, words) => {
    expect(message(parseSettings(text))).toMatch(/^settings_invalid: /);
    expect(message(parseSettings(text))).toContain(words);
  });

  it('know the names that only this machine knows', () => {
    expect(['localhost', 'a.localhost', 'paas.internal', 'paas'].every(isInternal)).toBe(true);
    expect(isInternal('example.org')).toBe(false);
  });
});
