// A process without a port: it works until it is told to stop.
const every = Number(process.env.WORKER_SECONDS ?? 30) * 1000;
let rounds = 0;
const timer = setInterval(() => {
  rounds += 1;
  console.log(JSON.stringify({ worker: 'alive', rounds }));
}, every);
console.log(JSON.stringify({ worker: 'started' }));
process.once('SIGTERM', () => {
  clearInterval(timer);
  console.log(JSON.stringify({ worker: 'stopped', rounds }));
});
