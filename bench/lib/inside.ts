// A program: what a bench does inside a lab host, as its operator: `mint`, `unlimit`, `expire HOST`.
import { sql } from 'kysely';
import { mintToken } from '../../packaging/lib/first-use.ts';
import { addressOf } from '../../src/capabilities/nodes/system/database.ts';
import { openDatabase } from '../../src/db/pool.ts';

const [what, name = ''] = process.argv.slice(2);

async function change(statement: ReturnType<typeof sql>): Promise<void> {
  const db = openDatabase(await addressOf('bastide_owner'), 1);
  try {
    const { numAffectedRows } = await statement.execute(db);
    if (!numAffectedRows) throw new Error(`${what} ${name} changed nothing`);
  } finally {
    await db.destroy();
  }
}

switch (what) {
  case 'mint':
    console.log((await mintToken()).reveal());
    break;
  case 'unlimit':
    // The load is more than the two thousand requests in ten seconds that a project may have.
    await change(sql`update projects set request_limit = 1000000`);
    break;
  case 'expire':
    // Due for renewal; the certificate itself stays good.
    await change(
      sql`update certificates set not_before = now() - interval '89 days', not_after = now() + interval '1 day' where host = ${name}`,
    );
    break;
  default:
    throw new Error(`unknown: ${what}`);
}
