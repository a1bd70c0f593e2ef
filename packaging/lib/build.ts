import { cp, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { keepPlace } from './originals.ts';

export const root = join(import.meta.dirname, '../..');
export const dist = join(root, 'dist');
/** What becomes /app of the API's image. */
export const apiBundle = join(dist, 'image');
/** What becomes /app of the prober's image. */
const proberBundle = join(dist, 'prober-image');
const CANARY = 'controls/canary/app';

/** What becomes /app of the MySQL gateway's image. */
const gatewayBundle = join(dist, 'gateway');
/** What becomes /app of the SSH gateway's image. */
const sshBundle = join(dist, 'ssh');

/** Found at run time beside the program: its WebAssembly does not fit into a bundle; pg's native half is not used. */
const external = [
  '@cedar-policy/cedar-wasm',
  'pg-native',
  // Native halves of ws, which it does without.
  'bufferutil',
  'utf-8-validate',
  // Plugins that the SBOM library tries and does without.
  'ajv-formats-draft2019',
  'xmlbuilder2',
  'libxmljs2',
];

const originals: Plugin = {
  name: 'originals',
  setup(bundle) {
    bundle.onLoad({ filter: /\/(src|controls)\/.*\.ts$/ }, async ({ path }) => ({
      contents: keepPlace(await readFile(path, 'utf8'), relative(root, path)),
      loader: 'ts',
    }));
  },
};

/** CommonJS inside a bundle of modules asks for these. */
const banner = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { fileURLToPath as __fileURLToPath } from 'node:url';",
  'const require = __createRequire(import.meta.url);',
  "const __filename = __fileURLToPath(import.meta.url); const __dirname = __fileURLToPath(new URL('.', import.meta.url));",
].join('\n');

const bundle = (program: string, outfile: string) =>
  build({
    entryPoints: [join(root, `src/main/${program}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    external,
    plugins: [originals],
    banner: { js: banner },
    legalComments: 'none',
    logLevel: 'silent',
    sourcemap: false,
  });

/** Builds dist/agent.js, dist/cli.js, dist/image, the API's /app, and dist/prober-image. Same source, same bytes. */
export async function buildAll(): Promise<void> {
  await Promise.all([
    bundle('agent', join(dist, 'agent.js')),
    bundle('cli', join(dist, 'cli.js')),
    buildImages(),
  ]);
}

/** Builds what becomes /app of an image, each alone: the API's, the prober's, the gateways'. */
export const buildImages = (): Promise<unknown> =>
  Promise.all([buildGateway(), buildSsh(), buildApi(), buildProber()]);

/** Builds dist/vault.js alone: all of a vault's own programs. */
export async function buildVault(): Promise<void> {
  await bundle('vault', join(dist, 'vault.js'));
}

/** Builds the API's /app alone. */
export async function buildApi(): Promise<void> {
  const files = await runtimeFiles();
  await rm(apiBundle, { recursive: true, force: true });
  await bundle('api', join(apiBundle, 'dist/api.js'));
  await mkdir(apiBundle, { recursive: true });
  await cp(join(root, 'package.json'), join(apiBundle, 'package.json'));
  await buildPages(join(apiBundle, 'dist/pages'));
  for (const file of files) await cp(join(root, file), join(apiBundle, file));
}

/** Builds what browsers get: web/pages as one script, and the files beside it. */
export async function buildPages(directory: string): Promise<void> {
  await build({
    entryPoints: [join(root, 'web/pages/main.ts')],
    outfile: join(directory, 'page.js'),
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
  });
  for (const name of ['page.html', 'page.css'])
    await cp(join(root, 'web/pages', name), join(directory, name));
}

/** Builds the prober's /app alone; the canary app's source lies where it lies here. */
async function buildProber(): Promise<void> {
  await rm(proberBundle, { recursive: true, force: true });
  await bundle('prober', join(proberBundle, 'dist/prober.js'));
  await cp(join(root, 'package.json'), join(proberBundle, 'package.json'));
  await cp(join(root, CANARY), join(proberBundle, CANARY), { recursive: true });
}

/** Builds the MySQL gateway's /app alone: one file. */
export const buildGateway = () => bundle('gateway-mysql', join(gatewayBundle, 'dist/gateway-mysql.js'));

/** Builds the SSH gateway's /app alone: the program that answers instead of a shell. */
const buildSsh = () => bundle('gateway-ssh', join(sshBundle, 'dist/gateway-ssh.js'));

/** Files that the API reads at run time: policies and schemas beside its sources, and the packages left out above. */
async function runtimeFiles(): Promise<string[]> {
  const source = await filesBelow('src', (name) => /\.(cedar|cedarschema)$/.test(name));
  const cedar = await filesBelow('node_modules/@cedar-policy/cedar-wasm/nodejs', () => true);
  return [...source, ...cedar, 'node_modules/@cedar-policy/cedar-wasm/package.json'];
}

async function filesBelow(directory: string, wanted: (name: string) => boolean): Promise<string[]> {
  const all = await readdir(join(root, directory), { recursive: true });
  const found: string[] = [];
  for (const name of all.filter(wanted).sort()) {
    if ((await stat(join(root, directory, name))).isFile()) found.push(join(directory, name));
  }
  return found;
}

/** The newest change below src, to skip a build that would make the same again. */
export async function isBuilt(): Promise<boolean> {
  const built = await stat(join(apiBundle, 'dist/api.js')).catch(() => undefined);
  if (!built) return false;
  const inputs = [
    ...(await filesBelow('src', () => true)),
    ...(await filesBelow('controls', () => true)),
    ...(await filesBelow('web', () => true)),
    'package-lock.json',
    'packaging/lib/build.ts',
  ];
  const times = await Promise.all(inputs.map(async (file) => (await stat(join(root, file))).mtimeMs));
  return Math.max(...times) < built.mtimeMs;
}
