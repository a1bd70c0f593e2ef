import { Refusal } from '../../kernel/refusal.ts';

/** The engine answered with an error. `status` is the HTTP status, for callers that know a harmless one. */
export const engineError = (status: number, message: string): Refusal =>
  new Refusal('engine_error', `The engine said: ${message}`, 'See /var/log/bastide/engine.log.', { status });

export const engineUnreachable = (reason: string): Refusal =>
  new Refusal(
    'engine_unreachable',
    `The engine does not answer: ${reason}`,
    'Run npm run doctor, then npm start.',
  );

export const imageMissing = (reference: string): Refusal =>
  new Refusal(
    'image_missing',
    `The engine does not have the image ${reference}`,
    'Deploy again, or run npm start.',
    {
      reference,
    },
  );

export const streamBroken = (reason: string): Refusal =>
  new Refusal('engine_stream_broken', `The program was cut off: ${reason}`, 'Do it again from the start.');

export const mountRefused = (source: string): Refusal =>
  new Refusal(
    'engine_mount_refused',
    `${source} is not in the storage of the service's project`,
    'Report it with the operation id.',
  );

export const statusOf = (refusal: Refusal): number | undefined =>
  typeof refusal.details?.status === 'number' ? refusal.details.status : undefined;
