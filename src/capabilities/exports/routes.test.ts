import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller, codeOf, type TestApi, testApi } from '../../api/testing.ts';

describe('the download', () => {
  let api: TestApi;
  const call = caller(() => api);
  const exports = () => join(api.uploads, 'exports');
  beforeAll(async () => {
    api = await testApi();
    await mkdir(exports());
  });
  afterAll(() => api.close());

  test('gives the file to the organization it belongs to, and to nobody else', async () => {
    const mine = await api.world('mine');
    const foreign = await api.world('foreign');
    const owner = await api.account('owner', mine.organizationId);
    const developer = await api.account('developer', mine.organizationId);
    const stranger = await api.account('owner', foreign.organizationId);
    const asked = await call('POST', '/v1/projects/mine/exports', { token: owner });
    expect(asked.statusCode).toBe(202);
    const { exportId } = asked.json() as { exportId: string };
    const at = `/v1/projects/mine/exports/${exportId}/download`;
    expect(codeOf(await call('POST', at, { token: owner }))).toBe('export_not_ready');
    await api.t.db.updateTable('exports').set({ status: 'ready' }).where('id', '=', exportId).execute();
    expect(codeOf(await call('POST', at, { token: owner }))).toBe('file_gone');
    await writeFile(join(exports(), `${exportId}.tar`), 'everything');
    const got = await call('POST', at, { token: owner });
    expect([got.statusCode, got.body, got.headers['content-length']]).toEqual([200, 'everything', '10']);
    expect(got.headers['content-disposition']).toMatch(/^attachment; filename="mine-[\d-]+\.tar"$/);
    expect((await call('POST', at, { token: developer })).statusCode).toBe(403);
    expect(codeOf(await call('POST', at, { token: stranger }))).toBe('project_not_found');
    const elsewhere = `/v1/projects/foreign/exports/${exportId}/download`;
    expect(codeOf(await call('POST', elsewhere, { token: stranger }))).toBe('export_gone');
  });

  test('of values is asked for by owners, with a recipient that is one', async () => {
    const { organizationId } = await api.world('values');
    const at = '/v1/projects/values/exports/with-values';
    const recipient = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';
    const admin = await api.account('admin', organizationId);
    const owner = await api.account('owner', organizationId);
    expect((await call('POST', at, { token: admin, body: { recipient } })).statusCode).toBe(403);
    expect((await call('POST', at, { token: owner, body: { recipient: 'ssh-rsa x' } })).statusCode).toBe(422);
    expect((await call('POST', at, { token: owner, body: { recipient } })).statusCode).toBe(202);
  });
});
