// The cron job: says the time and ends.
console.log(JSON.stringify({ cron: 'tick', at: new Date().toISOString() }));
