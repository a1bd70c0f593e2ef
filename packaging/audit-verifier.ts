import { join } from 'node:path';
import { dist } from './lib/build.ts';
import { buildVerifier } from './lib/verifier.ts';

const file = join(dist, 'bastide-audit-verify.mjs');
await buildVerifier(file);
console.log(`Wrote ${file}: give it to the auditor. It needs Node.js 20 or newer and nothing else.`);
