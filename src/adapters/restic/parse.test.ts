import { describe, expect, test } from 'vitest';
import {
  explain,
  lasting,
  parseFindings,
  parseFound,
  parseProgress,
  parseSnapshots,
  parseSummary,
} from './parse.ts';

const URL_ = 'https://vault.test/r/p-1/';
const id = 'a'.repeat(64);

test('the summary is the last line that is one, with bytes and a short id', () => {
  const status = '{"message_type":"status","percent_done":0,"bytes_done":7,"total_bytes":9}';
  const summary =
    '{"message_type":"summary","files_new":1,"data_added":3000490,"total_files_processed":1,"total_bytes_processed":3000000,"total_duration":0.37,"snapshot_id":"05e50b68"}';
  expect(parseSummary(`${status}\n${summary}\n`)).toMatchObject({
    snapshot_id: '05e50b68',
    data_added: 3000490,
  });
  expect(parseSummary(status)).toBeUndefined();
  expect(parseProgress(status)).toEqual({ bytes: 7, totalBytes: 9, seconds: 0 });
  expect(parseProgress('enter password')).toBeUndefined();
});

test('snapshots come oldest first; none is an empty list, and nonsense is no list', () => {
  const one = (time: string) => `{"id":"${id}","time":"${time}","hostname":"h","paths":["/x"]}`;
  const list = parseSnapshots(`[${one('2026-11-22T05:00:00Z')},${one('2026-11-22T04:00:00.5Z')}]`);
  expect(list?.map(({ takenAt }) => takenAt.getUTCHours())).toEqual([4, 5]);
  expect([parseSnapshots('null'), parseSnapshots('[]'), parseSnapshots('Fatal')]).toEqual([
    [],
    [],
    undefined,
  ]);
  expect(parseFound(`[{"snapshot":"${id}"},{"snapshot":"${id}"}]\nnull`)).toEqual([id]);
});

describe('what a check says', () => {
  test.each([
    [`pack ${id}: does not exist`, 'pack_missing', id],
    [`Pack ID does not match, want ${id}, got ${'b'.repeat(64)}`, 'pack_damaged', id],
    [`error: error loading index ${id}: load <index/b996ffbb0a>: invalid data returned`, 'index_damaged', id],
    ['error: load <snapshot/05e50b6872>: invalid data returned', 'snapshot_damaged', '05e50b6872'],
    ['error for tree 4f4d3919:', 'tree_damaged', '4f4d3919'],
    ['something new', 'other', undefined],
  ])('%s', (line, kind, what) => {
    expect(parseFindings(`${line}\nFatal: repository contains errors\n`)).toMatchObject([{ kind, id: what }]);
  });
});

describe('why it failed', () => {
  test.each([
    ['Fatal: wrong password or no key found', 'restic_key_wrong'],
    ['Fatal: create repository at rest:x failed: config file already exists', 'restic_repository_exists'],
    [
      'Fatal: unable to open config file: <config/> does not exist\nIs there a repository at the following location?',
      'restic_repository_missing',
    ],
    [
      'Fatal: unable to open config file: unexpected HTTP response (502): 502 Bad Gateway\nIs there a repository at the following location?',
      'restic_vault_unreachable',
    ],
    ['Fatal: dial tcp 192.0.2.1:8444: connect: connection refused', 'restic_vault_unreachable'],
    ['Fatal: x509: certificate signed by unknown authority', 'restic_vault_untrusted'],
    ['Fatal: load <index/b996ffbb0a>: invalid data returned', 'restic_repository_damaged'],
    ['invalid id "deadbeef": no matching ID found for prefix "deadbeef"', 'restic_snapshot_missing'],
    ['cannot dump file: path "/nofile" not found in snapshot', 'restic_path_missing'],
    ['Fatal: repository is already locked by PID 1', 'restic_locked'],
    [
      '/nothing does not exist, skipping\nFatal: all target directories/files do not exist',
      'restic_source_unreadable',
    ],
    ['Fatal: something new', 'restic_failed'],
  ])('%s', (stderr, code) => expect(explain(stderr, URL_).code).toBe(code));

  test('a retry that will not help is told at once, another is not', () => {
    const retry = (status: string) =>
      `Save(<data/aa>) returned error, retrying after 720ms: unexpected HTTP response (${status})`;
    expect(lasting(retry('507'), URL_)?.code).toBe('restic_vault_full');
    expect(lasting(retry('403'), URL_)?.code).toBe('restic_vault_refused');
    expect(lasting(retry('502'), URL_)).toBeUndefined();
    expect(lasting('401 files done', URL_)).toBeUndefined();
  });
});
