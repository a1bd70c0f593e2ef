import { control } from '../../contract/control.ts';
import { judge } from './judge.ts';

/** Asks for a canary app by plain HTTP and by HTTPS, as a browser would. */
export default control({
  id: 'edge/https-by-default',
  claims: ['ING-4'],
  sentence:
    'Every app has HTTPS with a trusted certificate that is renewed in time, and plain HTTP only redirects.',
  when: 'anytime',
  everyHours: 12,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const { host } = tools.canary('a');
    const plain = await tools.web(`http://${host}/`);
    const secure = await tools.handshake({ servername: host });
    const page = await tools.web(`https://${host}/`);
    return {
      now: tools.now(),
      plain: {
        status: plain.status,
        location: plain.headers.location ?? null,
        body: plain.body.slice(0, 200),
      },
      secure: { ok: secure.ok, authorized: secure.authorized, validTo: secure.validTo ?? null },
      page: { status: page.status, hsts: page.headers['strict-transport-security'] ?? null },
    };
  },
  judge,
  restore: async () => {},
});
