/**
 * A server that takes mail over TLS from the first byte and says each letter as a line of JSON.
 *
 *   node mailbox.ts ADDRESS PORT KEY CERTIFICATE
 */
import { readFileSync } from 'node:fs';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

const [address, port, key, certificate] = process.argv.slice(2) as [string, string, string, string];

const server = new SMTPServer({
  ...{ secure: true, key: readFileSync(key), cert: readFileSync(certificate), logger: false },
  onAuth: ({ username, password }, _session, done) =>
    username === 'bastide' && password === 'of a test'
      ? done(null, { user: username })
      : done(new Error('nobody of that name')),
  onData(stream, session, done) {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      const to = session.envelope.rcptTo.map((one) => one.address);
      void PostalMime.parse(Buffer.concat(parts)).then(({ subject, text }) => {
        console.log(JSON.stringify({ to, subject, text }));
        done();
      }, done);
    });
  },
});
server.on('error', (error) => console.error(error));
server.listen(Number(port), address, () => console.log('listening'));
