// Writes docs/performance.md from what the benches found last: bench/results/*.json.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { document } from './lib/document.ts';
import { loadResults } from './lib/result.ts';

writeFileSync(join(import.meta.dirname, '..', 'docs', 'performance.md'), document(loadResults()));
