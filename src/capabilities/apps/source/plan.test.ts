import { describe, expect, test } from 'vitest';
import { isRefusal, must } from '../../../kernel/refusal.ts';
import { SourcePlan } from './model.ts';
import { planSource, stacksNamed } from './plan.ts';

const files = (text: Record<string, string>, more: string[] = []) => ({
  names: new Set([...Object.keys(text), ...more]),
  text,
});
const plan = (text: Record<string, string>, more: string[] = []) => {
  const got = must(planSource(files(text, more)));
  SourcePlan.parse(got);
  return got;
};
const refusal = (text: Record<string, string>, more: string[] = []) => {
  const got = planSource(files(text, more));
  return isRefusal(got) ? `${got.code} ${got.message} ${got.next}` : 'taken';
};
const PKG = JSON.stringify({ dependencies: { fastify: '5' }, scripts: { start: 'node s.js' } });

describe('detection', () => {
  test.each([
    ['dockerfile', { Dockerfile: 'FROM bastide/node', 'package.json': PKG }, []],
    ['node', { 'package.json': PKG }, ['index.html']],
    ['python', { Procfile: 'web: x' }, ['requirements.txt']],
    ['python', {}, ['manage.py', 'shop/wsgi.py']],
    ['php', {}, ['index.php']],
    ['static', {}, ['index.html']],
  ])('%s', (stack, text, more) => {
    expect(plan(text as Record<string, string>, more).stack).toBe(stack);
  });
  test('nothing known says what was looked for', () => {
    expect(refusal({}, ['README.md'])).toMatch(
      /source_not_recognised .*Dockerfile, package\.json, .*index\.html/,
    );
  });
});

describe('generated Dockerfiles', () => {
  test('node with a lock: two stages, one layer on the stack, no compiler', () => {
    const got = plan({ 'package.json': PKG, 'package-lock.json': '{}' });
    expect(got.dockerfile).toBe(`FROM bastide/node AS build
USER 0
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund --omit=dev
COPY . .

FROM bastide/node
WORKDIR /app
COPY --from=build /app /app
ENV NODE_ENV=production
USER 10001
ENV PORT=8080
`);
    expect(got).toMatchObject({ stacks: ['node'], processes: { web: { command: 'npm start --silent' } } });
  });
  test('node with install scripts or without a lock builds on the stack that has a compiler', () => {
    const lock = '{"packages":{"node_modules/x":{"hasInstallScript": true}}}';
    expect(plan({ 'package.json': PKG, 'package-lock.json': lock }).stacks).toEqual(['node', 'node-build']);
    const loose = plan({ 'package.json': PKG });
    expect(loose.dockerfile).toContain('RUN npm install');
    expect(loose.warnings.join()).toContain('package-lock.json');
  });
  test('node with a build script installs what it needs, builds, then prunes', () => {
    const json = JSON.stringify({
      devDependencies: { vite: '6' },
      scripts: { build: 'vite build', start: 'x' },
    });
    const { dockerfile } = plan({ 'package.json': json, 'package-lock.json': '{}' });
    expect(dockerfile).toMatch(
      /npm ci --no-audit --no-fund\nCOPY \. \.\nRUN npm run build\nRUN npm prune --omit=dev/,
    );
  });
  test('node without a way to start is refused', () => {
    expect(refusal({ 'package.json': '{}' })).toContain('source_start_missing');
    expect(plan({ 'package.json': '{}', Procfile: 'web: node x.js' }).processes.web).toEqual({
      command: 'node x.js',
    });
  });
  test('django: its own stack, collected static files, gunicorn', () => {
    const got = plan({ 'shop/settings.py': 'STATIC_ROOT = 1' }, [
      'manage.py',
      'requirements.txt',
      'shop/wsgi.py',
    ]);
    expect(got.dockerfile).toContain('FROM bastide/django AS build');
    expect(got.dockerfile).toContain('pip install --user');
    expect(got.dockerfile).toContain('collectstatic');
    expect(got.processes.web?.command).toBe('gunicorn shop.wsgi --bind 0.0.0.0:$PORT');
  });
  test('static with a root of its own', () => {
    expect(plan({ 'bastide.yaml': 'root: dist' }, ['index.html']).dockerfile).toContain(
      'COPY dist/ /app/public/',
    );
  });
  test('php with packages installs them with the stack that has Composer', () => {
    const composer = '{"require":{"php":">=8","slim/slim":"^4"}}';
    expect(plan({ 'composer.json': composer }).stacks).toEqual(['php', 'php-build']);
    expect(plan({ 'composer.json': '{"require":{"php":">=8"}}' }).stacks).toEqual(['php']);
  });
});

describe('Procfile', () => {
  test('processes and the release phase', () => {
    const got = plan({ 'package.json': PKG, Procfile: '# all\r\nweb: a && b\r\n\nworker: c\nrelease: d\n' });
    expect(got.processes).toEqual({ web: { command: 'a && b' }, worker: { command: 'c' } });
    expect(got.release).toBe('d');
  });
  test.each([
    ['web', 'no name: command'],
    ['Web: x', 'upper case'],
    ['web; rm -rf /: x', 'odd name'],
    ['web:', 'no command'],
    ['web: a\nweb: b', 'twice'],
    ['release: a\nrelease: b', 'release twice'],
    ['web: a\u0007b', 'control character'],
    ['__proto__: x', 'prototype'],
    [`web: ${'x'.repeat(5000)}`, 'too long'],
  ])('refuses %j (%s)', (text) => {
    expect(refusal({ 'package.json': PKG, Procfile: text })).toContain('source_procfile_invalid');
  });
});

describe('app.json', () => {
  test('health, cron, env, formation and release', () => {
    const got = plan({
      'package.json': PKG,
      'app.json': JSON.stringify({
        name: 'x',
        env: { A: '1', B: { value: '2' }, C: { required: true } },
        formation: { web: { quantity: 2, size: 'standard-1x' }, ghost: { quantity: 1 } },
        healthchecks: { web: [{ type: 'startup', path: '/healthz' }] },
        scripts: { dokku: { predeploy: 'migrate' } },
        cron: [{ command: 'node clean.js', schedule: '0 3 * * *' }],
      }),
    });
    expect(got).toMatchObject({
      env: { A: '1', B: '2' },
      formation: { web: 2 },
      healthPath: '/healthz',
      release: 'migrate',
      cron: [{ name: 'node-clean-js', schedule: '0 3 * * *', command: 'node clean.js' }],
    });
    expect(got.warnings).toHaveLength(3);
    expect(got.healthSeconds).toBeUndefined();
  });
  test.each([
    [{ attempts: 6, timeout: 2, wait: 3 }, 30],
    [{ initialDelay: 20 }, 50],
    [{ attempts: 0 }, 5],
    [{ attempts: 3000, wait: 60 }, 900],
  ])('%j gives a release %i seconds', (check, seconds) => {
    const json = { healthchecks: { web: [{ path: '/up', ...check }] } };
    const got = plan({ 'package.json': PKG, 'app.json': JSON.stringify(json) });
    expect(got.healthSeconds).toBe(seconds);
  });
  test.each([
    ['{', 'not JSON'],
    ['[]', 'an array'],
    ['{"env":{"A B":"x"}}', 'odd variable'],
    ['{"env":{"A":"x\\u0000"}}', 'NUL'],
    ['{"healthchecks":{"web":[{"path":"//evil"}]}}', 'odd path'],
    ['{"healthchecks":{"web":[{"path":"/a\\r\\nX: y"}]}}', 'header injection'],
    [
      '{"cron":[{"command":"a\\n* * * * * root b","schedule":"* * * * *"}]}',
      'line in a command (CVE-2026-54636)',
    ],
    ['{"formation":{"web":{"quantity":100000}}}', 'too many'],
  ])('refuses %s (%s)', (text) => {
    expect(refusal({ 'package.json': PKG, 'app.json': text })).toContain('source_app_json_invalid');
  });
  test.each(['* * * *', '* * * * * *', '@reboot', '61 * * * *', '0 0 1 13 *', 'x'])(
    'refuses the schedule %j',
    (schedule) => {
      const text = JSON.stringify({ cron: [{ schedule, command: 'x' }] });
      expect(refusal({ 'package.json': PKG, 'app.json': text })).toContain('source_cron_invalid');
    },
  );
});

describe('bastide.yaml', () => {
  test('wins over Procfile and app.json', () => {
    const got = plan({
      'package.json': PKG,
      Procfile: 'web: old\nworker: w',
      'bastide.yaml':
        'processes: {web: new}\nhealth: {path: /ok}\nenv: {N: 3, X: true}\nx-mine: {any: thing}\n',
    });
    expect(got).toMatchObject({
      processes: { web: { command: 'new' } },
      healthPath: '/ok',
      env: { N: '3', X: 'true' },
    });
    expect(got.processes.worker).toBeUndefined();
  });
  test('says what a restored copy of a database must answer', () => {
    const smoke = 'select count(*) > 0 from users';
    const got = plan({
      'package.json': PKG,
      'bastide.yaml': `databases: {shop-db: {smoke: "${smoke}"}, cache: {}}`,
    });
    expect(got.smoke).toEqual({ 'shop-db': smoke });
    expect(plan({ 'package.json': PKG }).smoke).toBeUndefined();
    expect(refusal({ 'package.json': PKG, 'bastide.yaml': 'databases: {shop-db: {smok: x}}' })).toContain(
      'Did you mean `smoke`?',
    );
  });
  test('an unknown key is refused with what was probably meant', () => {
    expect(refusal({ 'package.json': PKG, 'bastide.yaml': 'proceses: {web: x}' })).toContain(
      'Did you mean `processes`?',
    );
    expect(refusal({ 'package.json': PKG, 'bastide.yaml': 'health: {pth: /x}' })).toContain(
      'Did you mean `path`?',
    );
  });
  test.each([
    'a: b: c',
    'env: {A: 1}\nenv: {B: 2}',
    'a: &a [x]\nenv: *a',
    'dockerfile: ../../etc/passwd',
    'dockerfile: /etc/passwd',
    'root: ../..',
    '- 1',
    'stack: ruby',
    'databases: {Shop: {smoke: x}}',
    'databases: {shop: {smoke: ""}}',
  ])('refuses %j', (text) => {
    expect(refusal({ 'package.json': PKG, 'bastide.yaml': text })).toContain('source_bastide_yaml_invalid');
  });
  test('a Dockerfile elsewhere', () => {
    const got = plan({ 'bastide.yaml': 'dockerfile: docker/web', 'docker/web': 'FROM bastide/php\n' });
    expect(got).toMatchObject({
      stack: 'dockerfile',
      stacks: ['php'],
      processes: { web: { command: null } },
    });
  });
});

test('the stacks that a Dockerfile names', () => {
  expect(stacksNamed('FROM bastide/php\nRUN ls /usr/lib/bastide/serve x.bastide/y\n')).toEqual(['php']);
  expect(stacksNamed('FROM bastide/node-build AS b\nFROM bastide/node:1\nFROM scratch\n')).toEqual([
    'node',
    'node-build',
  ]);
});
