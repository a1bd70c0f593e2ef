import { expect, it } from 'vitest';
import { byTopic, topicOf } from './topics.ts';

it('puts a verb below the heading of its noun, and what nobody named below the platform', () => {
  expect(topicOf('config:set')).toBe('Apps');
  expect(topicOf('pg')).toBe('Data');
  expect(topicOf('nodes:drain')).toBe('Platform');
});

it('lists apps first, a noun before its verbs, strangers last', () => {
  expect(['stacks', 'audit', 'apps:create', 'pg', 'deploy', 'apps'].sort(byTopic)).toEqual([
    'apps',
    'apps:create',
    'deploy',
    'pg',
    'audit',
    'stacks',
  ]);
});
