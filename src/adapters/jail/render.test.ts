import { expect, test } from 'vitest';
import { slotOf } from './layout.ts';
import { isBlocked, renderIptables, renderNft } from './render.ts';

const slot = slotOf(0);

test.each([
  '10.0.0.1',
  '127.0.0.1',
  '169.254.169.254',
  '172.31.0.1',
  '192.168.9.9',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
])('%s is blocked', (address) => expect(isBlocked(address)).toBe(true));
test.each(['1.1.1.1', '172.32.0.1', '203.0.113.80', '9.255.255.255'])('%s is not', (address) =>
  expect(isBlocked(address)).toBe(false),
);

test('the nft table: resolvers before the blocked ranges, the web after them, the rest dropped', () => {
  const rules = renderNft(slot, ['10.0.0.53'], ['203.0.113.7', '10.1.1.1']);
  const at = (text: string) => {
    const index = rules.indexOf(text);
    expect(index, text).toBeGreaterThan(0);
    return index;
  };
  const order = [
    at('ip saddr != 10.201.0.2 counter drop'),
    at('ip daddr 10.0.0.53 meta l4proto { tcp, udp } th dport 53 accept'),
    at('ip daddr @blocked counter drop'),
    at('tcp dport { 80, 443 } accept'),
    rules.lastIndexOf('    counter drop'),
  ];
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(rules).toContain('iifname "bbuild0" counter drop');
  expect(rules).toMatch(/elements = \{ .*169\.254\.0\.0\/16.*203\.0\.113\.7 \}/);
});

test('the second layer says the same in iptables', () => {
  const rules = renderIptables(slot, ['10.0.0.53']).split('\n');
  const at = (line: string) => rules.indexOf(line);
  expect(at('-A BASTIDE-BUILD-0 -d 10.0.0.53/32 -p udp --dport 53 -j ACCEPT')).toBeGreaterThan(0);
  expect(at('-A BASTIDE-BUILD-0 -d 169.254.0.0/16 -j DROP')).toBeGreaterThan(
    at('-A BASTIDE-BUILD-0 -d 10.0.0.53/32 -p udp --dport 53 -j ACCEPT'),
  );
  expect(at('-A BASTIDE-BUILD-0 -j DROP')).toBeGreaterThan(
    at('-A BASTIDE-BUILD-0 -p tcp -m multiport --dports 80,443 -j ACCEPT'),
  );
  expect(rules).toContain('-I INPUT 1 -i bbuild0 -j DROP');
});
