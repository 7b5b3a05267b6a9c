/**
 * The rules that the common schemas of JUnit XML share (Jenkins' and Windy Road's XSD, the table of PublishTestResults):
 * which elements there are, in which order, with which attributes, and that the totals are those of the cases. Reads no XML
 * but what such a file may hold; throws where the text is not well-formed.
 */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

export function parseXml(xml: string): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  let at = /^<\?xml version="1\.0" encoding="UTF-8"\?>/u.exec(xml)![0].length;
  const token = /<(\/?)([a-z]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>|([^<]+)/uy;
  while (at < xml.length) {
    token.lastIndex = at;
    const match = token.exec(xml);
    if (match === null) throw new Error(`not well-formed at ${xml.slice(at, at + 80)}`);
    at = token.lastIndex;
    const [, end, name, words, empty, text] = match;
    if (text !== undefined) open.at(-1)!.text += decode(text);
    else if (end === '/') {
      if (open.pop()!.name !== name) throw new Error(`</${name}> closes another element`);
    } else {
      const attributes = Object.fromEntries(
        [...words!.matchAll(/([a-z]+)="([^"]*)"/gu)].map(([, key, value]) => [key!, decode(value!)]),
      );
      const element: XmlElement = { name: name!, attributes, children: [], text: '' };
      open.at(-1)!.children.push(element);
      if (empty !== '/') open.push(element);
    }
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('not one element that is closed');
  return root.children[0]!;
}

function decode(text: string): string {
  if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u.test(text))
    throw new Error('a character that XML 1.0 does not have');
  if (/&(?!(?:amp|lt|gt|quot|apos);)/u.test(text)) throw new Error('an ampersand that is none of XML');
  const marks = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' } as const;
  return text.replaceAll(/&(amp|lt|gt|quot|apos);/gu, (_, mark: keyof typeof marks) => marks[mark]);
}

const counts = ['tests', 'failures', 'errors', 'skipped', 'time'];
const elements: Readonly<Record<string, { attributes: readonly string[]; children: readonly string[] }>> = {
  testsuites: { attributes: ['name', ...counts], children: ['testsuite'] },
  testsuite: { attributes: ['name', 'timestamp', ...counts], children: ['properties', 'testcase'] },
  properties: { attributes: [], children: ['property'] },
  property: { attributes: ['name', 'value'], children: [] },
  testcase: { attributes: ['classname', 'name', 'time'], children: ['skipped', 'error', 'failure'] },
  failure: { attributes: ['type', 'message'], children: [] },
  error: { attributes: ['type', 'message'], children: [] },
  skipped: { attributes: ['message'], children: [] },
};

/** Which rules a file breaks. */
export function brokenJunitRules(xml: string): readonly string[] {
  const root = parseXml(xml);
  const broken: string[] = root.name === 'testsuites' ? [] : ['the root is not testsuites'];
  const visit = (element: XmlElement): void => {
    const rule = elements[element.name];
    if (rule === undefined) return void broken.push(`${element.name} is no element of JUnit`);
    if (String(Object.keys(element.attributes).sort()) !== String([...rule.attributes].sort()))
      broken.push(`${element.name} has the attributes ${Object.keys(element.attributes)}`);
    const order = element.children.map(({ name }) => rule.children.indexOf(name));
    if (order.includes(-1)) broken.push(`${element.name} has a child that it may not have`);
    if (String(order) !== String(order.toSorted((a, b) => a - b))) broken.push(`${element.name}: order`);
    if (element.name === 'testcase' && element.children.length > 1) broken.push('two verdicts of a case');
    if ('time' in element.attributes && !/^\d+\.\d{3}$/u.test(element.attributes.time!))
      broken.push(`time ${element.attributes.time}`);
    element.children.forEach(visit);
  };
  visit(root);
  const [suite] = root.children;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/u.test(suite?.attributes.timestamp ?? '')) broken.push('timestamp');
  const cases = suite!.children.filter(({ name }) => name === 'testcase');
  const having = (verdict: string) =>
    cases.filter(({ children }) => children.some(({ name }) => name === verdict)).length;
  const wanted = {
    tests: cases.length,
    failures: having('failure'),
    errors: having('error'),
    skipped: having('skipped'),
  };
  for (const [name, count] of Object.entries(wanted))
    for (const element of [root, suite!])
      if (element.attributes[name] !== String(count)) broken.push(`${element.name} ${name} is not ${count}`);
  return broken;
}
