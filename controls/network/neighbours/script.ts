/** In b's container: who b is, and what of b answers b. */
export const WHERE = `
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
const knock = (host, port) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: 3000 });
  const end = (said) => { socket.destroy(); resolve(said); };
  socket.on('connect', () => end('open'));
  socket.on('timeout', () => end('silent'));
  socket.on('error', (error) => end(error.code));
});
const targets = [];
for (const { name, port } of input)
  for (const { address } of await lookup(name, { all: true }).catch(() => []))
    targets.push({ name, address, port, said: await knock(address, port) });
const own = Object.values(networkInterfaces()).flat().filter((one) => !one.internal).map((one) => one.address);
report({ targets, own });
`;

/** In a's container: the same names and addresses. */
export const SCRIPT = `
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
const knock = (host, port) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: 3000 });
  const end = (said) => { socket.destroy(); resolve(said); };
  socket.on('connect', () => end('open'));
  socket.on('timeout', () => end('silent'));
  socket.on('error', (error) => end(error.code));
});
const attempts = [];
for (const name of new Set(input.map((one) => one.name))) {
  const said = await lookup(name).then(({ address }) => address, (error) => String(error.code));
  attempts.push({ what: 'the name ' + name, refused: !/^[0-9a-f.:]+$/.test(said), said });
}
for (const { address, port } of input) {
  const said = await knock(address, port);
  attempts.push({ what: address + ':' + port, refused: said !== 'open', said });
}
report(attempts);
`;
