import { createWriteStream } from 'node:fs';
import { chmod, chown, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { Encrypter } from 'age-encryption';
import { openDirectory } from '../../adapters/below/directory.ts';
import type { Entry } from '../../adapters/below/port.ts';
import { walk } from '../../adapters/below/walk.ts';
import { MANIFEST, Manifest } from '../../adapters/oci/model.ts';
import { blobFile } from '../../adapters/registry/forget.ts';
import type { StepContext } from '../../engine/capability.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { type Archive, openArchive } from './archive.ts';
import type { ExportsDeps } from './deps.ts';
import { exportFailed, exportGone, exportStorageLocked } from './errors.ts';
import { README } from './readme.ts';
import * as store from './store.ts';

const LOG_LINES = 10_000;

type Row = NonNullable<Awaited<ReturnType<typeof store.findExport>>>;

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** The live image of an app as an OCI layout, from the registry's own blobs. */
async function addImage(
  deps: ExportsDeps,
  archive: Archive,
  image: { name: string; repository: string; digest: string },
): Promise<Outcome<void>> {
  const base = `images/${image.name}`;
  const text = await readFile(blobFile(deps.registryData, image.digest), 'utf8').catch(() => undefined);
  if (text === undefined) return exportFailed(`The image of ${image.name}`, 'the registry does not have it');
  const manifest = Manifest.parse(JSON.parse(text));
  await archive.addText(`${base}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}', 'OCI image layout');
  const descriptor = {
    mediaType: MANIFEST,
    digest: image.digest,
    size: Buffer.byteLength(text),
    annotations: { 'org.opencontainers.image.ref.name': 'latest' },
  };
  await archive.addText(
    `${base}/index.json`,
    json({ schemaVersion: 2, manifests: [descriptor] }),
    'OCI image index',
  );
  const digests = new Set([image.digest, manifest.config.digest, ...manifest.layers.map((l) => l.digest)]);
  for (const digest of digests)
    await archive.addFile(
      `${base}/blobs/${digest.replace(':', '/')}`,
      blobFile(deps.registryData, digest),
      'OCI blob',
    );
  return undefined;
}

async function addDatabase(
  deps: ExportsDeps,
  archive: Archive,
  spool: string,
  database: { id: string; name: string; engine: string },
  context: StepContext,
): Promise<Outcome<void>> {
  const engine = [...deps.engines.values()].find(({ name }) => name === database.engine);
  if (!engine) return exportFailed(database.name, `nobody drives ${database.engine}`);
  const session = await deps.session(database.id);
  if (isRefusal(session)) return session;
  const out = createWriteStream(spool, { mode: 0o600 });
  const closed = finished(out);
  closed.catch(() => undefined);
  let dumped: Awaited<ReturnType<typeof engine.dump>>;
  try {
    dumped = await engine.dump(session, out, context.signal);
  } finally {
    out.end();
    // Not before it is closed: a file that opens late would be there again after it was removed.
    await closed;
  }
  if (isRefusal(dumped)) return dumped;
  await archive.addFile(
    `databases/${database.name}/dump.${database.engine}`,
    spool,
    `dump of ${database.engine}`,
  );
  await archive.addText(`databases/${database.name}/manifest.json`, json(dumped), 'JSON');
  return undefined;
}

/** Files and links; sockets, pipes and devices are left out, and so is what went away. */
async function addEntry(archive: Archive, path: string, entry: Entry): Promise<void> {
  if (entry.stats.isSymbolicLink()) {
    const target = await entry.target();
    if (target) archive.addLink(path, target.toString());
  } else if (entry.stats.isFile()) {
    const handle = await entry.open();
    if (!handle) return;
    try {
      await archive.addHandle(path, handle, 'file of a volume');
    } finally {
      await handle.close();
    }
  }
}

async function addVolume(
  deps: ExportsDeps,
  archive: Archive,
  row: Row,
  volume: { id: string; name: string },
): Promise<Outcome<void>> {
  const directory = await deps.volume(row.project_id, volume.id);
  if (directory === undefined) return exportStorageLocked(row.project);
  const top = await openDirectory(directory);
  if (!top) return exportStorageLocked(row.project);
  try {
    for await (const entry of walk(top))
      await addEntry(archive, `volumes/${volume.name}/${entry.path}`, entry);
  } finally {
    await top.close();
  }
  return undefined;
}

/** Values of config vars, encrypted to the recipient that somebody who may has named. Opened here, never written in clear. */
async function addValues(deps: ExportsDeps, archive: Archive, row: Row): Promise<Outcome<void>> {
  if (row.recipient === null) return undefined;
  const values: Record<string, Record<string, string>> = {};
  for (const { appId, app, name, sealed } of await store.configOf(deps.db, row.project_id)) {
    const opened = await deps.open(row.project_id, { owner: appId, name }, sealed);
    if (isRefusal(opened)) return opened;
    values[app] = { ...values[app], [name]: opened.reveal() };
  }
  const encrypter = new Encrypter();
  encrypter.addRecipient(row.recipient);
  const encrypted = Buffer.from(await encrypter.encrypt(JSON.stringify(values)));
  await archive.addBytes('config-values.age', encrypted, 'age');
  return undefined;
}

async function addLogs(deps: ExportsDeps, archive: Archive, row: Row): Promise<Outcome<void>> {
  const services = await deps.engine.services({ 'bastide.project': row.project_id });
  if (isRefusal(services)) return services;
  for (const { name } of services) {
    const lines: string[] = [];
    for await (const line of deps.engine.logs({ service: name }, { follow: false, tail: LOG_LINES }))
      lines.push(`${line.at} ${line.source} ${line.text}\n`);
    await archive.addText(`logs/${name}.log`, lines.join(''), 'text');
  }
  return undefined;
}

async function fill(
  deps: ExportsDeps,
  archive: Archive,
  row: Row,
  spool: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const { db } = deps;
  await archive.addText('README.md', README, 'Markdown');
  await archive.addText('project.json', json(await store.describe(db, row.project_id)), 'JSON');
  const parts: [string, () => Promise<Outcome<void>>][] = [
    ['config values', () => addValues(deps, archive, row)],
  ];
  for (const image of await store.liveImages(db, row.project_id))
    parts.push([`image of ${image.name}`, () => addImage(deps, archive, image)]);
  for (const database of await store.readyDatabases(db, row.project_id))
    parts.push([`database ${database.name}`, () => addDatabase(deps, archive, spool, database, context)]);
  for (const volume of await store.volumesOf(db, row.project_id))
    parts.push([`volume ${volume.name}`, () => addVolume(deps, archive, row, volume)]);
  parts.push(['logs', () => addLogs(deps, archive, row)]);
  for (const [index, [what, add]] of parts.entries()) {
    context.log(`${index + 1} of ${parts.length}: ${what}`, 'export');
    const added = await add();
    if (isRefusal(added)) return added;
  }
  const operations = await store.operationsOf(db, row.project_id);
  await archive.addText(
    'operations.jsonl',
    operations.map((operation) => `${JSON.stringify(operation)}\n`).join(''),
    'JSON lines',
  );
  return undefined;
}

/** Where a finished export is. */
export const exportFile = (dir: string, exportId: string): string => join(dir, `${exportId}.tar`);

/** Everything of the project in one archive; it is there under its name only when it is whole. */
export async function writeExport(
  deps: ExportsDeps,
  exportId: string,
  context: StepContext,
): Promise<Outcome<void>> {
  const row = await store.findExport(deps.db, exportId);
  if (!row) return exportGone();
  const startedAt = new Date().toISOString();
  await mkdir(deps.dir, { recursive: true, mode: 0o700 });
  const [part, spool] = [join(deps.dir, `${exportId}.part`), join(deps.dir, `${exportId}.spool`)];
  const archive = openArchive(part);
  try {
    const filled = await fill(deps, archive, row, spool, context);
    if (isRefusal(filled)) {
      await archive.abort();
      return filled;
    }
    const made = await archive.finish((files) => ({
      format: 'bastide project export',
      version: 1,
      project: row.project,
      platform: deps.domain,
      startedAt,
      finishedAt: new Date().toISOString(),
      files: [...files],
    }));
    await chown(part, deps.reader, deps.reader);
    await chmod(part, 0o400);
    await rename(part, exportFile(deps.dir, exportId));
    await store.ready(deps.db, exportId, made);
    return undefined;
  } catch (error) {
    await archive.abort();
    return exportFailed(row.project, error instanceof Error ? error.message : String(error));
  } finally {
    await rm(spool, { force: true });
    await rm(part, { force: true });
  }
}
