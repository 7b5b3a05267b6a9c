/** Whether rows of an input are lines of its file: those of sheets and of lists in JSON or YAML are counted, not found. */
export function rowsAreLines(file: string): boolean {
  return !/\.(?:xlsx|json|ya?ml)$/iu.test(file);
}
