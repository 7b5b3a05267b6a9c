import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  azureCommand,
  githubCommand,
  mostImportant,
  type Notice,
} from '../../src/report/logging-commands.ts';
import { nastyText } from '../hostile/nasty.ts';

const notice = (kind: string, message: string, severity: Notice['severity'] = 'error'): Notice => ({
  severity,
  title: 'CODE',
  message,
  kind,
});

/** What GitHub's runner makes of a line (its ActionCommand): the properties and the message. */
function readByGithub(line: string) {
  const end = line.indexOf('::', 2);
  const [command, ...words] = line.slice(2, end).split(' ');
  const decode = (text: string) =>
    text
      .replaceAll('%0D', '\r')
      .replaceAll('%0A', '\n')
      .replaceAll('%3A', ':')
      .replaceAll('%2C', ',')
      .replaceAll('%25', '%');
  const properties = words
    .join(' ')
    .split(',')
    .map((word) => [word.slice(0, word.indexOf('=')), decode(word.slice(word.indexOf('=') + 1))]);
  return { command, properties: Object.fromEntries(properties), message: decode(line.slice(end + 2)) };
}

/** What the agent of Azure Pipelines makes of a line (its Command): the same. */
function readByAzure(line: string) {
  const start = line.indexOf('##vso[');
  const end = line.indexOf(']', start);
  const [command, ...words] = line.slice(start + '##vso['.length, end).split(' ');
  const decode = (text: string) =>
    text
      .replaceAll('%3B', ';')
      .replaceAll('%0D', '\r')
      .replaceAll('%0A', '\n')
      .replaceAll('%5D', ']')
      .replaceAll('%AZP25', '%');
  const properties = words
    .join(' ')
    .split(';')
    .map((word) => [word.slice(0, word.indexOf('=')), decode(word.slice(word.indexOf('=') + 1))]);
  return { command, properties: Object.fromEntries(properties), message: decode(line.slice(end + 1)) };
}

describe('a command to a CI system', () => {
  const whole: Notice = {
    ...notice('x', '100% wrong; really, [so]'),
    file: 'a,b:c;d]e%f.yaml',
    line: 3,
    column: 5,
    endColumn: 9,
  };

  it('is read by GitHub as it was meant', () => {
    expect(readByGithub(githubCommand(whole))).toEqual({
      command: 'error',
      properties: { file: whole.file, line: '3', endLine: '3', col: '5', endColumn: '9', title: 'CODE' },
      message: whole.message,
    });
  });

  it('is read by Azure Pipelines as it was meant', () => {
    expect(readByAzure(azureCommand(whole))).toEqual({
      command: 'task.logissue',
      properties: { type: 'error', sourcepath: whole.file, linenumber: '3', columnnumber: '5', code: 'CODE' },
      message: whole.message,
    });
  });

  it('is one command, with our properties, whatever the text is', () => {
    fc.assert(
      fc.property(fc.oneof(nastyText, fc.string()), (text) => {
        const nasty: Notice = {
          severity: 'warning',
          title: text,
          message: text,
          file: text,
          line: 1,
          kind: 'x',
        };
        const github = githubCommand(nasty);
        const azure = azureCommand(nasty);
        expect(github + azure).not.toMatch(/[\r\n]/u);
        expect(Object.keys(readByGithub(github).properties)).toEqual(['file', 'line', 'endLine', 'title']);
        expect(Object.keys(readByAzure(azure).properties)).toEqual([
          'type',
          'sourcepath',
          'linenumber',
          'code',
        ]);
        expect(azure.match(/##\S*?\[/gu)).toHaveLength(1);
        expect(github).not.toMatch(/##\S*?\[/u);
      }),
    );
  });
});

describe('the most important notices', () => {
  const rows = [
    ...Array.from({ length: 10 }, (_, index) => notice('row INPUT_CELL email', `bad email ${index}`)),
    ...Array.from({ length: 2 }, (_, index) => notice('row INPUT_CELL seats', `bad seats ${index}`)),
    notice('GUARD', 'more than 500 customers'),
    notice('DEPRECATED', 'old', 'warning'),
  ];
  const told = mostImportant(
    rows,
    new Map([
      ['row INPUT_CELL email', 900],
      ['row INPUT_CELL seats', 2],
      ['GUARD', 1],
      ['DEPRECATED', 1],
    ]),
  );

  it('are ten of a severity at most', () => {
    expect(told.filter(({ severity }) => severity === 'error')).toHaveLength(10);
    expect(told.filter(({ severity }) => severity === 'warning')).toHaveLength(1);
  });

  it('begin with what concerns the whole, then one of each kind, the most frequent first', () => {
    expect(told.slice(0, 4).map(({ message }) => message)).toEqual([
      'more than 500 customers',
      'bad email 0 (and 899 more like it)',
      'bad seats 0 (and 1 more like it)',
      'bad email 1',
    ]);
  });
});
