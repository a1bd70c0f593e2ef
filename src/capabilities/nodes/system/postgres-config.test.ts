import { describe, expect, it } from 'vitest';
import { scramVerifier } from '../../../kernel/scram.ts';
import { Secret } from '../../../kernel/secret.ts';
import { renderHba, renderPostgresConf } from './postgres-config.ts';
import { renderRoles } from './roles-sql.ts';

describe('the database', () => {
  it('listens on no address and logs no statement', () => {
    expect(renderPostgresConf()).toContain("listen_addresses = ''\n");
    expect(renderPostgresConf()).toContain('log_statement = none\n');
  });

  it('lets in three roles by password, its own superuser by user id, and nobody else', () => {
    expect(renderHba()).toBe(`local all postgres peer
local bastide bastide_owner scram-sha-256
local bastide bastide_api scram-sha-256
local bastide bastide_agent scram-sha-256
local all all reject
host all all all reject
`);
  });

  it('is made with roles that can do nothing by themselves', () => {
    const sql = renderRoles({ bastide_owner: 'V1', bastide_api: 'V2', bastide_agent: 'V3' });
    for (const verifier of ['V1', 'V2', 'V3']) {
      expect(sql).toMatch(
        new RegExp(`NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '${verifier}'`),
      );
    }
    expect(sql).toContain('REVOKE ALL ON DATABASE bastide, postgres, template1 FROM PUBLIC;');
  });
});

it('makes the verifier of the example in RFC 7677', () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  expect(scramVerifier(new Secret('pencil'), salt)).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});
