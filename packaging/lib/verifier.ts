import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');

/** Builds the auditors' verifier: one readable file that imports nothing but Node.js. Same source, same bytes. */
export async function buildVerifier(outfile: string): Promise<void> {
  const made = await build({
    entryPoints: [join(root, 'src/main/audit-verify.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: '// Verifies an export of the audit log of Bastide. Apache-2.0. Made from src/main/audit-verify.ts.',
    },
    legalComments: 'none',
    logLevel: 'silent',
    metafile: true,
  });
  const foreign = Object.keys(made.metafile.inputs).filter((path) => path.includes('node_modules/'));
  if (foreign.length > 0)
    throw new Error(`the verifier has to stand alone, and takes in ${foreign.join(', ')}`);
}
