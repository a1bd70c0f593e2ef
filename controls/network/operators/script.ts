/** Knocks at the edge, which is open to a container, and at the address inside the VPN. */
export const SCRIPT = `
import { connect } from 'node:net';
const knock = (host) => new Promise((resolve) => {
  const socket = connect({ host, port: 443, timeout: 3000 });
  const end = (said) => { socket.destroy(); resolve(said); };
  socket.on('connect', () => end('open'));
  socket.on('timeout', () => end('silent'));
  socket.on('error', (error) => end(error.code));
});
report({ edge: await knock(input.address), knocked: await knock(input.inside) });
`;
