import { describe, expect, it } from 'vitest';
import { isPostgres, parsePostgres, withoutPassword } from '../../src/journal/postgres-address.ts';

describe('the address of a database', () => {
  it.each([
    ['postgres://db.example.com/runs', true],
    ['postgresql://db.example.com/runs', true],
    ['.tenantry/state.db', false],
    ['./postgres:/state.db', false],
  ])('%s: %s', (state, is) => expect(isPostgres(state)).toBe(is));

  it('is printed without its password', () => {
    expect(withoutPassword('postgres://ana:p%40ss:word@db.example.com:6432/runs?schema=a')).toBe(
      'postgres://ana@db.example.com:6432/runs?schema=a',
    );
    expect(parsePostgres('postgres://ana:secret-7381@db.example.com/runs').name).not.toContain('secret');
    expect(withoutPassword('postgres://ana@db.example.com/runs')).toBe('postgres://ana@db.example.com/runs');
  });

  it('verifies certificates of servers elsewhere, and speaks openly on this machine', () => {
    expect(parsePostgres('postgres://db.example.com/runs').config.ssl).toEqual({ rejectUnauthorized: true });
    expect(parsePostgres('postgres://db.example.com/runs?sslmode=require').config.ssl).toEqual({
      rejectUnauthorized: true,
    });
    expect(parsePostgres('postgres://db.example.com/runs?sslmode=disable').config.ssl).toBe(false);
    expect(parsePostgres('postgres://127.0.0.1/runs').config.ssl).toBe(false);
    expect(parsePostgres('postgres:///runs?host=/var/run/postgresql').config).toMatchObject({
      host: '/var/run/postgresql',
      ssl: false,
    });
  });

  it.each(['sslmode=no-verify', 'sslmode=prefer', 'schema=Robert%22', 'auth=magic', 'ssl=true'])(
    'refuses %s with what to write',
    (option) =>
      expect(() => parsePostgres(`postgres://db.example.com/runs?${option}`)).toThrow(
        expect.objectContaining({
          diagnostics: [expect.objectContaining({ code: 'STATE', help: expect.any(String) })],
        }),
      ),
  );

  it.each([
    ['contoso.postgres.database.azure.com', 'https://ossrdbms-aad.database.windows.net/.default'],
    [
      'contoso.postgres.database.usgovcloudapi.net',
      'https://ossrdbms-aad.database.usgovcloudapi.net/.default',
    ],
    ['contoso.postgres.database.chinacloudapi.cn', 'https://ossrdbms-aad.database.chinacloudapi.cn/.default'],
  ])('knows whose token %s takes', (host, scope) => {
    expect(parsePostgres(`postgres://app@${host}/runs?auth=entra`).tokenScope).toBe(scope);
    expect(parsePostgres(`postgres://app@${host}/runs`).tokenScope).toBeUndefined();
  });
});
