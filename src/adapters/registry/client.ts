import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import type { z } from 'zod';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import { checkLayerBlob } from '../oci/check-blob.ts';
import { sha256 } from '../oci/hash.ts';
import { blobPath, openPlain, readLayout } from '../oci/layout-read.ts';
import { CONFIG, type Descriptor, ImageConfigFile, MANIFEST, Manifest } from '../oci/model.ts';
import { type BaseImage, compose, isRef, isRepository, toImageConfig } from './compose.ts';
import { imageAltered, imageMissing, registryRefused } from './errors.ts';
import { type Answered, type Asked, ask, type Endpoint } from './http.ts';
import type { ImageRef, Registry } from './port.ts';

export interface RegistryOptions {
  /** `address:port`, as image references spell it. */
  readonly host: string;
  /** Files: the platform's certificate authority, and this program's own certificate and key. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  /** Name in the registry's certificate, where it is not the address. */
  readonly servername?: string;
  readonly basicAuth?: { readonly user: string; readonly password: Secret };
}

const named = ({ repository, digest }: ImageRef): string => `${repository}@${digest}`;

/** A client of the registry. The files are read once, here. */
export async function makeRegistry(options: RegistryOptions): Promise<Registry> {
  const { host, tls, servername, basicAuth } = options;
  const [ca, cert, key] = await Promise.all([tls.ca, tls.cert, tls.key].map((file) => readFile(file)));
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 8,
    ca: ca!,
    cert: cert!,
    key: key!,
    minVersion: 'TLSv1.2',
    ...(servername ? { servername } : {}),
  });
  const endpoint: Endpoint = { agent, host, basicAuth };

  /** Asks; an answer with another status than the expected ones becomes a refusal. */
  const expect = async (what: string, asked: Asked, ...statuses: number[]): Promise<Outcome<Answered>> => {
    const answered = await ask(endpoint, asked);
    if (isRefusal(answered) || statuses.includes(answered.status)) return answered;
    return registryRefused(what, answered.status, answered.body.toString('utf8'));
  };

  /** Something stored under its digest, checked on arrival. */
  const fetchJson = async <T>(
    ref: ImageRef,
    kind: 'manifests' | 'blobs',
    digest: string,
    schema: z.ZodType<T>,
  ): Promise<Outcome<T>> => {
    const path = `/v2/${ref.repository}/${kind}/${digest}`;
    const got = await expect(
      'send an image',
      { method: 'GET', path, headers: { accept: MANIFEST } },
      200,
      404,
    );
    if (isRefusal(got)) return got;
    if (got.status === 404) return imageMissing(named(ref));
    if (sha256(got.body) !== digest) return imageAltered(named(ref));
    try {
      const parsed = schema.safeParse(JSON.parse(got.body.toString('utf8')));
      return parsed.success ? parsed.data : imageAltered(named(ref));
    } catch {
      return imageAltered(named(ref));
    }
  };

  const fetchImage = async (ref: ImageRef): Promise<Outcome<BaseImage>> => {
    if (!isRef(ref)) return imageMissing(named(ref));
    const manifest = await fetchJson(ref, 'manifests', ref.digest, Manifest);
    if (isRefusal(manifest)) return manifest;
    const config = await fetchJson(ref, 'blobs', manifest.config.digest, ImageConfigFile);
    return isRefusal(config) ? config : { ref, manifest, config };
  };

  const hasBlob = async (repository: string, digest: string): Promise<Outcome<boolean>> => {
    const path = `/v2/${repository}/blobs/${digest}`;
    const head = await expect('look for a layer', { method: 'HEAD', path }, 200, 404);
    return isRefusal(head) ? head : head.status === 200;
  };

  /** Lets a repository have a blob of another without moving it. */
  const mount = async (repository: string, digest: string, from: string): Promise<Outcome<void>> => {
    const there = await hasBlob(repository, digest);
    if (isRefusal(there) || there) return isRefusal(there) ? there : undefined;
    const path = `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`;
    const mounted = await expect(
      'share a layer',
      { method: 'POST', path, headers: { 'content-length': 0 } },
      201,
      202,
    );
    if (isRefusal(mounted)) return mounted;
    // 202: an upload was begun because there is nothing to share.
    return mounted.status === 201 ? undefined : imageMissing(`${from}@${digest}`);
  };

  const upload = async (
    layout: string,
    repository: string,
    { digest, size }: Descriptor,
  ): Promise<Outcome<void>> => {
    const there = await hasBlob(repository, digest);
    if (isRefusal(there) || there) return isRefusal(there) ? there : undefined;
    const begin = {
      method: 'POST',
      path: `/v2/${repository}/blobs/uploads/`,
      headers: { 'content-length': 0 },
    } as const;
    const begun = await expect('take a layer', begin, 202);
    if (isRefusal(begun)) return begun;
    // Only the path counts: the registry does not get to send us elsewhere.
    const place = new URL(begun.headers.location ?? '', `https://${host}`);
    place.searchParams.set('digest', digest);
    const blob = await openPlain(blobPath(layout, digest));
    if (!blob) return imageMissing(digest);
    const headers = { 'content-type': 'application/octet-stream', 'content-length': size };
    const asked = {
      method: 'PUT',
      path: place.pathname + place.search,
      headers,
      body: blob.stream(),
    } as const;
    const put = await expect('take a layer', asked, 201);
    await blob.close().catch(() => {});
    return isRefusal(put) ? put : undefined;
  };

  return {
    host,

    async push(layout, repository, base) {
      if (!isRepository(repository)) return registryRefused('use the name', 400, repository);
      const read = await readLayout(layout);
      if (isRefusal(read)) return read;
      const below = base ? await fetchImage(base) : undefined;
      if (isRefusal(below)) return below;
      const composed = compose(read.manifest, read.config, below);
      if (isRefusal(composed)) return composed;
      for (const { descriptor, diffId } of composed.ownLayers) {
        const checked = await checkLayerBlob(layout, descriptor, diffId);
        if (isRefusal(checked)) return checked;
      }
      for (const { digest } of composed.baseLayers) {
        const mounted = await mount(repository, digest, base!.repository);
        if (isRefusal(mounted)) return mounted;
      }
      const config = { ...read.manifest.config, mediaType: CONFIG };
      for (const descriptor of [...composed.ownLayers.map((layer) => layer.descriptor), config]) {
        const uploaded = await upload(layout, repository, descriptor);
        if (isRefusal(uploaded)) return uploaded;
      }
      const body = Buffer.from(JSON.stringify({ ...composed.manifest, config }));
      const digest = sha256(body);
      const path = `/v2/${repository}/manifests/${digest}`;
      const asked = { method: 'PUT', path, headers: { 'content-type': MANIFEST }, body } as const;
      const put = await expect('take an image', asked, 201);
      return isRefusal(put) ? put : { repository, digest };
    },

    async config(image) {
      const found = await fetchImage(image);
      return isRefusal(found) ? found : toImageConfig(found.config);
    },

    async exists(image) {
      if (!isRef(image)) return false;
      const path = `/v2/${image.repository}/manifests/${image.digest}`;
      const head = await expect(
        'look for an image',
        { method: 'HEAD', path, headers: { accept: MANIFEST } },
        200,
        404,
      );
      return isRefusal(head) ? head : head.status === 200;
    },

    async remove(image) {
      if (!isRef(image)) return undefined;
      const path = `/v2/${image.repository}/manifests/${image.digest}`;
      const gone = await expect('remove an image', { method: 'DELETE', path }, 202, 404);
      return isRefusal(gone) ? gone : undefined;
    },
  };
}
