import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { APP_PORT } from '../model.ts';
import type { SourceFiles } from './detect.ts';
import { packageJsonInvalid, startMissing } from './errors.ts';
import type { Stack } from './model.ts';

export interface Generated {
  readonly dockerfile: string;
  /** How its web process starts where no Procfile says it; null: as the stack does by itself. */
  readonly web: string | null;
  readonly warnings: readonly string[];
}

export interface GenerateOptions {
  /** The Procfile names a web process, so that none need be found. */
  readonly hasWeb: boolean;
  /** Directory to serve (static, php). */
  readonly root?: string | undefined;
}

/** The user that app containers run as; the stacks have it. */
const TAIL = ['USER 10001', `ENV PORT=${APP_PORT}`];

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** Writes the Dockerfile of a source that has none. Everything stays beneath /app, so that a new stack fits under it. */
export function generate(
  stack: Exclude<Stack, 'dockerfile'>,
  files: SourceFiles,
  options: GenerateOptions,
): Outcome<Generated> {
  if (stack === 'node') return node(files, options);
  if (stack === 'python') return python(files, options);
  if (stack === 'php') return php(files, options);
  // The stack serves /app/public where there is one, else /app.
  const copy = options.root ? `COPY ${options.root.replace(/\/+$/, '')}/ /app/public/` : 'COPY . /app/';
  return { dockerfile: text(['FROM bastide/static', copy, ...TAIL]), web: null, warnings: [] };
}

function node(files: SourceFiles, options: GenerateOptions): Outcome<Generated> {
  const pkg = readPackage(files.text['package.json'] ?? '');
  if (isRefusal(pkg)) return pkg;
  const warnings: string[] = [];
  const locked = files.names.has('package-lock.json') || files.names.has('npm-shrinkwrap.json');
  if (!locked && pkg.dependencies > 0)
    warnings.push(
      'There is no package-lock.json: versions may differ from build to build. Run npm install and commit it.',
    );
  for (const other of ['yarn.lock', 'pnpm-lock.yaml'])
    if (files.names.has(other)) warnings.push(`${other} is not read: the build uses npm.`);
  const settings = ['package-lock.json', 'npm-shrinkwrap.json', '.npmrc'].filter((name) =>
    files.names.has(name),
  );
  const quiet = '--no-audit --no-fund';
  const install = locked ? `npm ci ${quiet}` : `npm install ${quiet}`;
  const lines = [
    `FROM bastide/${needsCompiler(files, locked, pkg.dependencies) ? 'node-build' : 'node'} AS build`,
    'USER 0',
    'WORKDIR /app',
    `COPY package.json ${settings.join(' ')} ./`.replace('  ', ' '),
  ];
  if (pkg.dependencies > 0) lines.push(`RUN ${install}${pkg.build ? '' : ' --omit=dev'}`);
  lines.push('COPY . .');
  if (pkg.build) {
    lines.push('RUN npm run build');
    if (pkg.dependencies > 0) lines.push(`RUN npm prune --omit=dev ${quiet}`);
  }
  lines.push(
    '',
    'FROM bastide/node',
    'WORKDIR /app',
    'COPY --from=build /app /app',
    'ENV NODE_ENV=production',
    ...TAIL,
  );
  const web =
    pkg.start ??
    (files.names.has('server.js') ? 'node server.js' : pkg.main ? `node ${pkg.main}` : undefined);
  if (web === undefined && !options.hasWeb)
    return startMissing('Node', 'Add a Procfile with `web: …`, or a `start` script to package.json.');
  return { dockerfile: text(lines), web: web ?? null, warnings };
}

/** Install scripts compile native modules, and git dependencies need git; without a lock nobody can tell. */
const needsCompiler = (files: SourceFiles, locked: boolean, dependencies: number): boolean =>
  dependencies > 0 &&
  (!locked ||
    /"hasInstallScript": ?true|"resolved": ?"git[+:]/.test(
      files.text['package-lock.json'] ?? files.text['npm-shrinkwrap.json'] ?? '',
    ));

interface PackageFacts {
  readonly dependencies: number;
  readonly start?: string;
  readonly main?: string;
  readonly build: boolean;
}

function readPackage(json: string): Outcome<PackageFacts> {
  let value: unknown;
  try {
    value = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch {
    return packageJsonInvalid('it is not JSON');
  }
  if (!isObject(value)) return packageJsonInvalid('it is not an object');
  const count = (key: string) => {
    const given = value[key];
    return isObject(given) ? Object.keys(given).length : 0;
  };
  const scripts = isObject(value.scripts) ? value.scripts : {};
  const main = value.main;
  const plainMain =
    typeof main === 'string' && /^[A-Za-z0-9._/@-]{1,200}$/.test(main) && !main.startsWith('-');
  return {
    dependencies: ['dependencies', 'optionalDependencies', 'devDependencies', 'workspaces'].reduce(
      (n, key) => n + count(key),
      0,
    ),
    build: typeof scripts.build === 'string',
    // npm as a parent swallows signals; the script itself is what runs, as npm would run it.
    ...(typeof scripts.start === 'string' ? { start: 'npm start --silent' } : {}),
    ...(plainMain ? { main } : {}),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * pip installs into /app/.python (its "user" directory): Debian's own packages count as installed, so a requirement
 * that the stack satisfies needs no network, and every interpreter of the image finds the rest.
 */
function python(files: SourceFiles, options: GenerateOptions): Outcome<Generated> {
  // Debian's Django, Gunicorn and drivers are there without PyPI; requirements that ask for others get those.
  const stack = files.names.has('manage.py') ? 'django' : 'python';
  const lines = [
    `FROM bastide/${stack} AS build`,
    'USER 0',
    'WORKDIR /app',
    'ENV PYTHONUSERBASE=/app/.python PATH=/app/.python/bin:/usr/local/bin:/usr/bin:/bin',
  ];
  const pip =
    'RUN python3 -m pip install --user --break-system-packages --no-cache-dir --disable-pip-version-check';
  if (files.names.has('requirements.txt'))
    lines.push('COPY requirements.txt ./', `${pip} -r requirements.txt`, 'COPY . .');
  else if (files.names.has('pyproject.toml')) lines.push('COPY . .', `${pip} .`);
  else lines.push('COPY . .');
  const names = [...files.names];
  const settings = names.filter((name) => /(^|\/)settings[^/]*\.py$/.test(name));
  if (files.names.has('manage.py') && settings.some((name) => files.text[name]?.includes('STATIC_ROOT')))
    lines.push('RUN SECRET_KEY=only-for-this-step python3 manage.py collectstatic --noinput');
  lines.push(
    '',
    `FROM bastide/${stack}`,
    'WORKDIR /app',
    'COPY --from=build /app /app',
    'ENV PYTHONUSERBASE=/app/.python PATH=/app/.python/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1',
    ...TAIL,
  );
  const wsgi = names
    .map((name) => /^([A-Za-z_][A-Za-z0-9_]*)\/wsgi\.py$/.exec(name)?.[1])
    .find((module) => module !== undefined);
  const web = wsgi ? `gunicorn ${wsgi}.wsgi --bind 0.0.0.0:$PORT` : undefined;
  if (web === undefined && !options.hasWeb)
    return startMissing(
      'Python',
      'Add a Procfile, for example `web: gunicorn mysite.wsgi --bind 0.0.0.0:$PORT`.',
    );
  return { dockerfile: text(lines), web: web ?? null, warnings: [] };
}

function php(files: SourceFiles, options: GenerateOptions): Outcome<Generated> {
  const warnings =
    options.root && options.root !== 'public' ? ['A PHP app is served from public, or from its top.'] : [];
  const composer =
    files.names.has('composer.json') &&
    !files.names.has('vendor/autoload.php') &&
    needsComposer(files.text['composer.json'] ?? '');
  const lines = composer
    ? [
        'FROM bastide/php-build AS build',
        'USER 0',
        'WORKDIR /app',
        'COPY . .',
        'RUN composer install --no-dev --no-interaction --no-progress --optimize-autoloader',
        '',
        'FROM bastide/php',
        'COPY --from=build /app /app',
      ]
    : ['FROM bastide/php', 'COPY . /app/'];
  return { dockerfile: text([...lines, ...TAIL]), web: null, warnings };
}

/** Whether composer.json requires packages, and not only PHP itself and its extensions. */
function needsComposer(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    const wanted = isObject(value) && isObject(value.require) ? Object.keys(value.require) : [];
    return wanted.some((name) => name.includes('/'));
  } catch {
    return true;
  }
}
