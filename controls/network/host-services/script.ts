/** Every address of the host that a container can think of, at every port below 11,000. */
export const SCRIPT = `
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
const knock = (host, port, timeout) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout });
  const end = (said) => { socket.destroy(); resolve(said); };
  socket.on('connect', () => end('open'));
  socket.on('timeout', () => end('silent'));
  socket.on('error', (error) => end(error.code));
});
const hex = (text) => text.match(/../g).reverse().map((two) => parseInt(two, 16)).join('.');
const gateways = readFileSync('/proc/net/route', 'utf8').split('\\n').slice(1)
  .map((line) => line.split('\\t')).filter((cells) => cells.length > 2 && cells[2] !== '00000000').map((cells) => hex(cells[2]));
const hosts = [...new Set([input.address, ...input.internal, ...gateways, '172.17.0.1', '169.254.169.254'])];
const EDGE = [80, 443];
const ports = [
  ...Array.from({ length: 1024 }, (_, i) => i + 1),
  2200, 2222, 2375, 2376, 2377, 3306, 4243, 4789, 5000, 5432, 5443, 6033, 6379, 7946, 8080, 8443, 9000, 9090, 9100, 9323, 10250,
];
const attempts = [];
for (const host of hosts) {
  const left = [...ports];
  const open = [];
  await Promise.all(Array.from({ length: 128 }, async () => {
    for (let port = left.pop(); port; port = left.pop())
      if ((await knock(host, port, 1000)) === 'open') open.push(port);
  }));
  // The public address leads to the edge, as it does for everybody.
  const extra = open.filter((port) => !(EDGE.includes(port)));
  attempts.push({ what: host + ', ' + ports.length + ' ports', refused: extra.length === 0, said: extra.join(' ') || 'none' });
}
report({ edge: await knock(input.address, 443, 5000), attempts });
`;
