import type { Operation } from '../operations/operation.ts';
import { areaOf, areas } from './areas.ts';
import { type Description, describeOperation, type Field } from './describe-operation.ts';

/** A resource with its operations, as its files have it. */
export interface ResourcePage {
  readonly resource: string;
  readonly title: string;
  readonly summary: string;
  readonly operations: readonly Operation[];
}

const made = '<!-- Made from the catalogue by `npm run generate`. -->';

/** The index of the reference: every operation by area and resource. */
export function indexMarkdown(pages: readonly ResourcePage[]): string {
  const count = pages.reduce((sum, { operations }) => sum + operations.length, 0);
  const names = [...areas.map(([area]) => area), 'Other'];
  const parts = names.flatMap((area) => {
    const inArea = pages.filter(({ resource }) => areaOf(resource) === area);
    return inArea.length === 0 ? [] : [`## ${area}`, '', ...inArea.flatMap(indexOf)];
  });
  return [
    made,
    '# Operations',
    '',
    `The ${count} operations that a step's \`uses:\` can name. \`tenantry operations NAME\` prints the same; \`tenantry operations WORD …\``,
    'searches names, summaries, fields and errors. What is left out, and where the catalogue differs from the documentation: [omitted.md](omitted.md).',
    '',
    ...parts,
  ].join('\n');
}

function indexOf({ resource, title, summary, operations }: ResourcePage): readonly string[] {
  return [
    `### [${title}](${resource}.md)`,
    '',
    cell(summary),
    '',
    ...operations.map(
      ({ name, summary: text, deprecated }) =>
        `- [\`${name}\`](${resource}.md#${anchor(name)}) ${cell(text)}${deprecated === undefined ? '' : ' *(deprecated)*'}`,
    ),
    '',
  ];
}

/** The page of one resource. @param stepYaml writes a step as YAML */
export function resourceMarkdown(page: ResourcePage, stepYaml: (step: unknown) => string): string {
  return [
    made,
    `# ${page.title}`,
    '',
    cell(page.summary),
    '',
    ...page.operations.flatMap((operation) => operationMarkdown(describeOperation(operation), stepYaml)),
  ].join('\n');
}

function operationMarkdown(description: Description, stepYaml: (step: unknown) => string): readonly string[] {
  const { name, kind, summary, request, deprecated, facts, inputs, results, errors } = description;
  return [
    `## ${name}`,
    '',
    `${cell(summary)} *(${kind})*`,
    '',
    ...(deprecated === undefined ? [] : [`**Deprecated**: ${cell(deprecated)}.`, '']),
    `\`${request}\``,
    '',
    ...facts.map(([title, text]) => `- **${title}**: ${cell(text)}`),
    '',
    ...inputTable(inputs),
    ...resultTable(results),
    ...errorTable(errors),
    '```yaml',
    stepYaml([description.step]).trimEnd(),
    '```',
    '',
    `Documentation page: [${description.page}](${description.pageUrl})`,
    '',
  ];
}

function inputTable(fields: readonly Field[]): readonly string[] {
  if (fields.length === 0) return ['It takes nothing.', ''];
  return [
    '| with | type | | description |',
    '| --- | --- | --- | --- |',
    ...fields.map(
      ({ path, type, required, default: preset, description }) =>
        `| \`${path}\` | ${cell(type)} | ${required ? 'required' : preset === undefined ? '' : `default \`${cell(preset)}\``} | ${cell(description)} |`,
    ),
    '',
  ];
}

function resultTable(fields: readonly Field[]): readonly string[] {
  if (fields.length === 0) return [];
  return [
    '| result | type | description |',
    '| --- | --- | --- |',
    ...fields.map(({ path, type, description }) => `| \`${path}\` | ${cell(type)} | ${cell(description)} |`),
    '',
  ];
}

function errorTable(errors: Description['errors']): readonly string[] {
  if (errors.length === 0) return [];
  return [
    '| error | meaning | then |',
    '| --- | --- | --- |',
    ...errors.map(({ status, meaning, advice }) => `| ${status} | ${cell(meaning)} | ${cell(advice)} |`),
    '',
  ];
}

/** Text on one line of a table, with nothing that Markdown would take for itself. */
function cell(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').trim().replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll('.', '');
}
