import { Refusal } from '../../kernel/refusal.ts';

const NEXT = 'Deploy the app again; the platform runs only images that its own builder signed.';

export const signatureMissing = (repository: string): Refusal =>
  new Refusal('signature_missing', `The image of ${repository} has no signature`, NEXT);

export const signatureInvalid = (repository: string, why: string): Refusal =>
  new Refusal('signature_invalid', `The signature of the image of ${repository} does not hold: ${why}`, NEXT);

export const signatureOtherImage = (repository: string, signed: string): Refusal =>
  new Refusal('signature_other_image', `The signature shown for ${repository} is that of ${signed}`, NEXT);

export const signerKeyUnreadable = (path: string, why: string): Refusal =>
  new Refusal(
    'signer_key_unreadable',
    `The signing key ${path} cannot be used: ${why}`,
    "Restore it from the backup of the platform's secrets; with a new key every image has to be built again.",
  );
