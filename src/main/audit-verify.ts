import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { told, toldRetired } from '../capabilities/audit/faults.ts';
import { parseWitnessFile } from '../capabilities/audit/parse.ts';
import { verifyFile } from '../capabilities/audit/verify-file.ts';
import { parseVerifierKey } from '../kernel/note.ts';

// The auditor's own program: built into one file that needs Node.js 20 and nothing else, neither a server nor Bastide.

const USAGE = `node bastide-audit-verify.mjs EXPORT.jsonl --key KEY [--witness FILE]... [--json]

  --key      the log's key, name+id+base64, or a file with it: from somebody whom you trust, not from the export
  --witness  what a witness holds: JSON lines, or one signed note; as often as there are witnesses
  --json     the verdict as JSON

Exit code: 0 it holds, 1 it does not, 2 it could not be verified.`;

function unable(why: string): never {
  console.error(`${why}\n\n${USAGE}`);
  process.exit(2);
}

function read() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        key: { type: 'string' },
        witness: { type: 'string', multiple: true },
        json: { type: 'boolean' },
      },
    });
  } catch (error) {
    return unable((error as Error).message);
  }
}

const { positionals, values } = read();
const [file] = positionals;
if (file === undefined || positionals.length > 1) unable('Name one export.');
if (values.key === undefined) unable('Without the key from elsewhere, an export can vouch for itself only.');
const key =
  parseVerifierKey(values.key) ?? parseVerifierKey(await readFile(values.key, 'utf8').catch(() => ''));
if (!key) unable(`${values.key} is no key of a log.`);

const witnessed: { by: string; note: string }[] = [];
for (const by of values.witness ?? []) {
  const text = await readFile(by, 'utf8').catch(() => unable(`${by} cannot be read.`));
  const notes = parseWitnessFile(text);
  if (notes.length === 0) unable(`${by} holds no signed checkpoint.`);
  witnessed.push(...notes.map((note) => ({ by, note })));
}

const lines = createInterface({
  input: createReadStream(file, 'utf8'),
  crlfDelay: Number.POSITIVE_INFINITY,
});
const verdict = await verifyFile(lines, { key, witnessed }).catch(() => undefined);
if (!verdict) unable(`${file} is no export of an audit log.`);

const { entries, checkpoints, faults, moreFaults, whole } = verdict;
if (values.json) console.log(JSON.stringify(verdict, null, 2));
else if (faults.length > 0) {
  console.log(`The audit log does not hold: ${faults.length + moreFaults} faults in ${entries} entries.`);
  for (const fault of faults) console.log(told(fault));
} else {
  const reach = whole ? '' : '; a part of the log cannot show that nothing was left out';
  console.log(
    `${entries} entries hold against ${checkpoints} signed checkpoints${toldRetired(verdict)}${reach}`,
  );
  if (whole && witnessed.length === 0)
    console.log('No witness was asked: that the end was not cut off before the export is its own word.');
}
process.exitCode = faults.length > 0 ? 1 : 0;
