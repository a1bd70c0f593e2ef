import { Refusal } from '../../kernel/refusal.ts';

export const layoutInvalid = (why: string): Refusal =>
  new Refusal('image_layout_invalid', `The image is not a sound OCI layout: ${why}`, 'Build it again.', {
    why,
  });

export const layerRefused = (findings: readonly string[], entries: number): Refusal =>
  new Refusal(
    'image_layer_refused',
    `The app's layer changes more than the app: ${findings.slice(0, 5).join('; ')}`,
    'Keep files below /app (also /home, /opt, /srv, /tmp), remove nothing of the stack, and deploy again.',
    { findings: [...findings], entries },
  );
