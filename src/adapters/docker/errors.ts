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

export const statusOf = (refusal: Refusal): number | undefined =>
  typeof refusal.details?.status === 'number' ? refusal.details.status : undefined;
