/** Every diagnostic code with one line of explanation; `tenantry explain` and docs/diagnostics.md read this table. */
export const codes = {
  // files and YAML
  FILE_NOT_FOUND: 'A file that was named does not exist or cannot be read.',
  FILE_ENCODING: 'A file is in an encoding that cannot be read as text.',
  YAML_SYNTAX: 'The file is not valid YAML.',
  YAML_DUPLICATE_KEY: 'A key occurs twice in one map.',
  YAML_PITFALL: 'YAML reads this value differently from what was probably meant.',
  YAML_LIMIT: 'The file is too large, too deep, or uses too many aliases.',
  // playbook
  PLAYBOOK_VERSION: 'The language version is missing or is one that this Tenantry does not know.',
  UNKNOWN_FIELD: 'A field that does not exist here.',
  MISSING_FIELD: 'A required field is missing.',
  WRONG_TYPE: 'A value has the wrong type.',
  WRONG_VALUE: 'A value is outside what is allowed.',
  UNKNOWN_OPERATION: 'The catalogue has no operation of this name.',
  DUPLICATE_ID: 'Step ids must be unique in the file.',
  UNKNOWN_STEP: 'An expression or `needs` names a step that does not exist.',
  STEP_LATER: 'An expression names a step that runs later or side by side.',
  STEP_CYCLE: 'Steps need each other in a circle.',
  MAYBE_SKIPPED: 'An expression reads a step that may have been skipped.',
  MAYBE_MISSING: 'A required input comes from a value that may be missing.',
  SCHEMA_INVALID: 'A schema in the playbook is not valid JSON Schema.',
  DEPRECATED: 'The operation is deprecated.',
  // expressions
  EXPRESSION_SYNTAX: 'The expression is not valid CEL.',
  EXPRESSION_NAME: 'The expression uses a name that does not exist.',
  EXPRESSION_TYPE: 'The expression has the wrong type.',
  EXPRESSION_LIMIT: 'The expression is too large or too deeply nested.',
  // input
  INPUT_FORMAT: 'The input is not valid CSV, XLSX, JSON or YAML.',
  INPUT_HEADER: 'A header is missing, empty or occurs twice.',
  INPUT_CELL: 'A cell does not fit the schema of its column.',
  INPUT_DUPLICATE: 'Two rows have the same key.',
  INPUT_RELATED: 'Rows of a related file belong to no record.',
  INPUT_EMPTY: 'The input has no rows.',
  PARAMETER: 'A parameter is missing, unknown or of the wrong type.',
  // plan
  GUARD: 'A guard of the playbook does not hold for this plan.',
  PLAN_STALE: 'What the plan was made from has changed.',
  PLAN_EDITED: 'The plan file was changed after it was written.',
  PLAN_VERSION: 'The plan file was written by a version that this one cannot read.',
  PLAN_REFUSED: 'The service or a check says that this would fail.',
  // target and state
  TARGET: 'The target is unknown or cannot be reached.',
  CREDENTIALS: 'The sign-in was refused or is incomplete.',
  STATE: 'The state file cannot be used.',
  STATE_VERSION: 'The state file was written by a newer version.',
  STATE_DAMAGED: 'The state file is damaged.',
  STATE_KEY: 'The key for the secrets in the state is missing or is another one.',
  RUN_UNKNOWN: 'There is no such run.',
  RUN_OWNED: 'Another process is working on this run.',
  USAGE: 'The command line is wrong.',
  INTERNAL: 'Something that should be impossible happened: a bug in Tenantry.',
} as const;

export type Code = keyof typeof codes;
