import { expect, it } from 'vitest';
import { checks, chosen } from './checks.ts';

it('runs everything, from fast to real, each by this command', () => {
  const argv = checks('/r', '/r/bin', '/n', '/t').map(
    ({ name, command }) => `${name}: ${command.argv.join(' ')}`,
  );
  expect(argv).toEqual([
    'types: /r/bin/tsc --noEmit',
    'lint: /r/bin/biome ci .',
    'unit: /r/bin/vitest run --project unit --reporter=default --reporter=json --outputFile.json=/t/unit.json',
    'real: /r/bin/vitest run --project real --reporter=default --reporter=json --outputFile.json=/t/real.json',
    'lab: /r/bin/vitest run --project lab --reporter=default --reporter=json --outputFile.json=/t/lab.json',
    'data: /r/bin/vitest run --project data --reporter=default --reporter=json --outputFile.json=/t/data.json',
    'people: /r/bin/vitest run --project people --reporter=default --reporter=json --outputFile.json=/t/people.json',
  ]);
});

it('leaves room within the hour, each part for itself', () => {
  const minutes = chosen(checks('/r', '/r/bin', '/n', '/t'), []).map(
    ({ command }) => (command.timeoutMs ?? 0) / 60_000,
  );
  expect(Math.min(...minutes)).toBeGreaterThan(0);
  expect(minutes.reduce((sum, one) => sum + one)).toBeLessThan(60);
});

it('runs the stories of data and of people where they are named', () => {
  const names = (...words: string[]) =>
    chosen(checks('/r', '/r/bin', '/n', '/t'), words).map(({ name }) => name);
  expect(names()).toEqual(['types', 'lint', 'unit', 'real', 'lab']);
  expect(names('data', 'types')).toEqual(['types', 'data']);
  expect(names('people')).toEqual(['people']);
});
