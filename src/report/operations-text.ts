import type { Description, Field } from './describe-operation.ts';

/** An operation as the terminal shows it. `step` is the example step as YAML. */
export function operationText(description: Description, step: string): string {
  const { name, kind, summary, request, deprecated, inputs, results, facts, errors, page } = description;
  return [
    `${name} (${kind})`,
    summary,
    ...(deprecated === undefined ? [] : ['', `Deprecated: ${deprecated}`]),
    '',
    request,
    '',
    ...facts.map(([title, text]) => `${title.padEnd(18)} ${plain(text)}`),
    '',
    'with:',
    ...fieldLines(inputs, true),
    '',
    'result:',
    ...fieldLines(results, false),
    ...(errors.length === 0 ? [] : ['', 'errors:']),
    ...errors.map(({ status, meaning, advice }) => `  ${status.padEnd(12)} ${meaning} → ${advice}`),
    '',
    'example:',
    ...step
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
    '',
    `documentation page: ${page}`,
    '',
  ].join('\n');
}

function plain(text: string): string {
  return text.replaceAll('`', '');
}

function fieldLines(fields: readonly Field[], withRequired: boolean): readonly string[] {
  if (fields.length === 0) return ['  nothing'];
  return fields.map(({ path, type, required, default: preset, description }) => {
    const mark = withRequired && !required ? '?' : '';
    const also = [preset === undefined ? '' : `default ${preset}`, description].filter((part) => part !== '');
    return `  ${path}${mark}: ${type}${also.length === 0 ? '' : `  ${also.join('; ')}`}`;
  });
}
