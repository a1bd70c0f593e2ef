import { expect, it } from 'vitest';
import { targets } from './routes.ts';

const canary = {
  organization: 'org',
  project: 'pro',
  app: 'app',
  host: 'app.example',
  database: 'data',
  volume: 'vol',
};
const asking = (resource: string) => ({ 'x-permission': { action: 'x:read', resource } });

it('names every route that asks for a right, with the names of the canary in it', () => {
  const paths = {
    '/v1/projects/{project}': { get: asking('project'), delete: asking('project') },
    '/v1/apps/{app}/releases/{version}': { get: asking('app') },
    '/v1/platform/staff': { post: asking('platform') },
  };
  expect(targets({ paths }, canary).map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /v1/projects/pro',
    'DELETE /v1/projects/pro',
    'GET /v1/apps/app/releases/019a0000-0000-7000-8000-000000000000',
    'POST /v1/platform/staff',
  ]);
});

it('knows what everybody may ask', () => {
  const paths = {
    '/v1/apps': { get: asking('platform') },
    '/v1/platform/staff': { get: asking('platform') },
  };
  expect(targets({ paths }, canary).map(({ lists }) => lists)).toEqual([true, false]);
});

it('leaves out what is public, and what is about oneself', () => {
  const paths = { '/v1/sessions': { post: {} }, '/v1/account': { get: asking('self') } };
  expect(targets({ paths }, canary)).toEqual([]);
});
