import process from 'node:process';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { closest } from '../diagnostics/suggest.ts';
import { coerce } from './coerce.ts';
import { misfit } from './json-schema.ts';
import type { Playbook } from './playbook.ts';

type Parameters = Readonly<Record<string, unknown>>;

/**
 * The parameters of a run. Later wins: default, environment (TENANTRY_PARAM_name), file, command line.
 * @param given `--param` words as text
 * @param file what `--params FILE` holds
 */
export function checkParameters(
  playbook: Playbook,
  given: Readonly<Record<string, string>>,
  file?: unknown,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Checked<Parameters> {
  const schemas = playbook.parameters.properties ?? {};
  const diagnostics: Diagnostic[] = [];
  const report = (message: string, details: Partial<Diagnostic> = {}) =>
    diagnostics.push({ code: 'PARAMETER', severity: 'error', message, ...details });
  const fromFile = mapOf(file);
  if (fromFile === undefined) report('the parameters file is not a map of names and values');
  for (const name of [...Object.keys(given), ...Object.keys(fromFile ?? {})]) {
    if (Object.hasOwn(schemas, name)) continue;
    const near = closest(name, Object.keys(schemas));
    report(`the playbook has no parameter '${name}'`, {
      expected: Object.keys(schemas).join(', ') || 'no parameters',
      ...(near === undefined ? {} : { didYouMean: near }),
    });
  }
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(schemas)) {
    if (schema.secret === true && Object.hasOwn(given, name)) {
      report(
        `the secret parameter '${name}' was given on the command line, where other users of this machine can read it`,
        { help: `set TENANTRY_PARAM_${name} in the environment, or use --params FILE` },
      );
      continue;
    }
    const text = given[name] ?? environment[`TENANTRY_PARAM_${name}`];
    const value =
      given[name] !== undefined
        ? coerce(given[name], schema)
        : fromFile !== undefined && Object.hasOwn(fromFile, name)
          ? fromFile[name]
          : text === undefined
            ? schema.default
            : coerce(text, schema);
    if (value === undefined) {
      report(`the parameter '${name}' has no value`, {
        help:
          schema.secret === true
            ? `set TENANTRY_PARAM_${name} in the environment, or use --params FILE`
            : `add --param ${name}=…`,
      });
      continue;
    }
    const expected = misfit(value, schema);
    if (expected !== undefined)
      report(
        `the parameter '${name}' is ${schema.secret === true ? 'not what it should be' : JSON.stringify(value)}`,
        { expected },
      );
    values[name] = value;
  }
  return diagnostics.length > 0 ? { ok: false, diagnostics } : { ok: true, value: values, diagnostics: [] };
}

function mapOf(file: unknown): Parameters | undefined {
  if (file === undefined || file === null) return {};
  return typeof file === 'object' && !Array.isArray(file) ? (file as Parameters) : undefined;
}
