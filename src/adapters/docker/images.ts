import { createReadStream } from 'node:fs';
import { isRefusal } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import { type Client, jsonLines } from './client.ts';
import { engineError, engineUnreachable, imageMissing, statusOf } from './errors.ts';
import { parseLoaded } from './parse.ts';
import type { Engine } from './port.ts';

type Images = Pick<Engine, 'imageLoad' | 'imagePull' | 'imageFacts' | 'imageRemove' | 'images'>;

interface Progress {
  stream?: string;
  error?: string;
}

interface RawImage {
  Id: string;
  RepoDigests?: string[] | null;
  RootFS?: { Layers?: string[] | null };
  Size: number;
}

/** The engine takes the login as base64url of its JSON. */
export const registryAuth = (auth: Secret): Record<string, string> => ({
  'x-registry-auth': Buffer.from(auth.reveal()).toString('base64url'),
});

export function makeImages(client: Client): Images {
  const read = (reference: string) =>
    client.call<RawImage>({ method: 'GET', path: `/images/${reference}/json` });

  /** Load and pull answer 200 and tell of a failure in the stream. */
  async function progress(response: Awaited<ReturnType<Client['stream']>>) {
    if (isRefusal(response)) return response;
    const said: string[] = [];
    try {
      for await (const line of jsonLines<Progress>(response)) {
        if (line.error) return engineError(200, line.error);
        if (line.stream) said.push(line.stream);
      }
    } catch (error) {
      return engineUnreachable(error instanceof Error ? error.message : String(error));
    }
    return said;
  }

  return {
    async imageLoad(tarFile) {
      const response = await client.stream({
        method: 'POST',
        path: '/images/load',
        query: { quiet: true },
        tar: createReadStream(tarFile),
      });
      const said = await progress(response);
      if (isRefusal(said)) return said;
      const ids: string[] = [];
      for (const name of parseLoaded(said)) {
        const image = await read(name);
        if (isRefusal(image)) return image;
        ids.push(image.Id);
      }
      return ids.length ? [...new Set(ids)] : engineError(200, `no image in ${tarFile}`);
    },

    async imagePull(reference, auth) {
      const response = await client.stream({
        method: 'POST',
        path: '/images/create',
        query: { fromImage: reference },
        headers: registryAuth(auth),
        silenceMs: 300_000,
      });
      const said = await progress(response);
      if (!isRefusal(said)) return;
      return statusOf(said) === 404 || /not found|manifest unknown/.test(said.message)
        ? imageMissing(reference)
        : said;
    },

    async imageFacts(reference) {
      const image = await read(reference);
      if (isRefusal(image)) return statusOf(image) === 404 ? imageMissing(reference) : image;
      return { id: image.Id, digests: image.RepoDigests ?? [], layers: image.RootFS?.Layers ?? [] };
    },

    async imageRemove(reference) {
      const answer = await client.call<unknown>({ method: 'DELETE', path: `/images/${reference}` });
      return isRefusal(answer) && statusOf(answer) !== 404 ? answer : undefined;
    },

    async images() {
      const raw = await client.call<RawImage[]>({ method: 'GET', path: '/images/json' });
      return isRefusal(raw)
        ? raw
        : raw.map(({ Id, RepoDigests, Size }) => ({ id: Id, digests: RepoDigests ?? [], bytes: Size }));
    },
  };
}
