import { createHash } from 'node:crypto';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { mountLanding } from './landing.ts';

it('is one page that allows its own style and nothing else', async () => {
  const app = Fastify();
  mountLanding(app);
  const answer = await app.inject('/');
  expect(answer.statusCode).toBe(200);
  const style = /<style>([\s\S]*)<\/style>/.exec(answer.body)![1]!;
  const hash = createHash('sha256').update(style).digest('base64');
  expect(answer.headers['content-security-policy']).toContain(
    `default-src 'none'; style-src 'sha256-${hash}'`,
  );
  expect(answer.body).not.toMatch(/<script|style=|\son[a-z]+=|https?:\/\/(?!…)/);
});
