import type { Call, SignedIn } from './api.ts';
import { action, field, form, h, show } from './dom.ts';
import { canUsePasskeys, proveByPasskey } from './passkey.ts';

/** Asks for one of the account's second factors until it is proven in the session. `why`: what it is for. */
export function proof(
  as: Call,
  factors: SignedIn['factors'],
  title: string,
  why?: string,
): Promise<SignedIn> {
  return new Promise((resolve) => {
    const byCode = (label: string, name: 'code' | 'recoveryCode', attributes: Record<string, string>) =>
      form(
        async (values) => resolve(await as('POST', '/v1/account/session/factor', { [name]: values[name] })),
        field(label, { name, autocomplete: 'one-time-code', ...attributes }),
        h('button', { class: 'plain' }, 'Go on'),
      );
    const byPasskey = action('Use a passkey', async () => resolve(await proveByPasskey(as)));
    show(
      title,
      why === undefined ? undefined : h('p', { class: 'soft' }, why),
      factors.includes('passkey') && canUsePasskeys() ? h('div', { class: 'stack' }, byPasskey) : undefined,
      factors.includes('totp')
        ? byCode('Code of the authenticator app', 'code', { inputmode: 'numeric' })
        : undefined,
      factors.includes('recovery') ? byCode('or a recovery code', 'recoveryCode', {}) : undefined,
    );
  });
}
