import { describe, expect, it } from 'vitest';
import { codes } from '../../src/diagnostics/codes.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { sarifLog } from '../../src/diagnostics/sarif.ts';

const text = 'tenantry: 1\nsteps:\n  - uses: domain.check\n';

function logOf(diagnostics: readonly Diagnostic[], leftOut = 0) {
  return sarifLog(diagnostics, {
    version: '1.2.3',
    sourceOf: (file) => (file === 'play book.yaml' ? text : undefined),
    inRepository: (file) => (file.startsWith('/') ? undefined : `sub/${file}`),
    uriOf: (file) => `file://${file}`,
    file: 'play book.yaml',
    leftOut,
  }) as {
    version: string;
    runs: {
      tool: { driver: { rules: { id: string; shortDescription: { text: string } }[] } };
      invocations: { toolExecutionNotifications?: { message: { text: string } }[] }[];
      results: {
        ruleId: string;
        ruleIndex: number;
        level: string;
        message: { text: string };
        locations: { physicalLocation: { artifactLocation: unknown; region?: unknown } }[];
      }[];
    }[];
  };
}

describe('diagnostics as SARIF', () => {
  const offset = text.indexOf('domain.check');
  const wrong: Diagnostic = {
    code: 'UNKNOWN_OPERATION',
    severity: 'error',
    message: 'unknown operation',
    at: { file: 'play book.yaml', offset, length: 12 },
    didYouMean: 'domains.check',
  };
  const row: Diagnostic = {
    code: 'INPUT_CELL',
    severity: 'warning',
    message: 'does not fit',
    cell: { file: 'rows.csv', row: 12, column: 'email' },
  };

  it('have what code scanning needs of each result', () => {
    const [run] = logOf([wrong, row]).runs;
    expect(run!.results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ['UNKNOWN_OPERATION', 'error'],
      ['INPUT_CELL', 'warning'],
    ]);
    for (const { ruleId, ruleIndex, message, locations } of run!.results) {
      expect(run!.tool.driver.rules[ruleIndex]).toMatchObject({
        id: ruleId,
        shortDescription: { text: codes[ruleId as keyof typeof codes] },
      });
      expect(message.text).not.toBe('');
      expect(locations).toHaveLength(1);
    }
  });

  it('say where the text stands, the end behind its last character', () => {
    const [result] = logOf([wrong]).runs[0]!.results;
    expect(result!.locations[0]!.physicalLocation).toEqual({
      artifactLocation: { uri: 'sub/play%20book.yaml', uriBaseId: '%SRCROOT%' },
      region: { startLine: 3, startColumn: 11, endLine: 3, endColumn: 23 },
    });
  });

  it('say the line of a row, and none where rows are no lines', () => {
    const sheet: Diagnostic = { ...row, cell: { file: 'rows.xlsx', row: 12 } };
    const [csv, xlsx] = logOf([row, sheet]).runs[0]!.results;
    expect(csv!.locations[0]!.physicalLocation.region).toEqual({ startLine: 12 });
    expect(xlsx!.locations[0]!.physicalLocation.region).toBeUndefined();
  });

  it('name a file outside the repository by its whole address', () => {
    const outside: Diagnostic = { ...row, cell: { file: '/data/rows.csv', row: 2 } };
    expect(logOf([outside]).runs[0]!.results[0]!.locations[0]!.physicalLocation.artifactLocation).toEqual({
      uri: 'file:///data/rows.csv',
    });
  });

  it('say how many are missing', () => {
    expect(logOf([row], 7).runs[0]!.invocations[0]!.toolExecutionNotifications![0]!.message.text).toContain(
      '7 more',
    );
  });
});
