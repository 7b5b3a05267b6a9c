import { oneLine } from '../../diagnostics/neutralise.ts';
import { html, type Markup } from './markup.ts';
import type { GraphBlock, GraphNode, StepGraph } from './step-graph.ts';

/** Pixels. */
const [nodeHeight, countHeight] = [44, 15];
const characterWidth = 6.6;
const [widthMin, widthMax] = [110, 220];
const blockHead = 22;

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws the steps of a playbook, laid out from top to bottom, with the same in words beneath it.
 * @param counts what a plan does at each step, in words: `create 12`
 */
export async function graphPicture(graph: StepGraph, counts: ReadonlyMap<string, string>): Promise<Markup> {
  const { Graph, layout } = await import('@dagrejs/dagre');
  const drawing = new Graph({ compound: true, multigraph: false });
  drawing.setGraph({ rankdir: 'TB', nodesep: 18, ranksep: 26, edgesep: 8, marginx: 8, marginy: 8 });
  drawing.setDefaultEdgeLabel(() => ({}));
  for (const { id } of graph.blocks) drawing.setNode(`block ${id}`, {});
  for (const node of graph.nodes)
    drawing.setNode(node.id, {
      width: widthOf(node, counts),
      height: nodeHeight + (hasCount(node, counts) ? countHeight : 0),
    });
  for (const { id, parent } of graph.blocks)
    if (parent !== undefined) drawing.setParent(`block ${id}`, `block ${parent}`);
  for (const { id, blocks } of graph.nodes)
    if (blocks.length > 0) drawing.setParent(id, `block ${blocks.at(-1)}`);
  for (const [from, to] of graph.edges) drawing.setEdge(from, to);
  layout(drawing);
  const { width = 0, height = 0 } = drawing.graph();
  const place = (id: string) => drawing.node(id) as unknown as Placed;
  const paths = graph.edges.map(
    ([from, to]) => (drawing.edge(from, to) as { points?: readonly { x: number; y: number }[] }).points ?? [],
  );
  const words = graph.nodes.length === 1 ? 'One step' : `${graph.nodes.length} steps`;
  return html`<figure class="graph">
<div class="scroll" tabindex="0" role="group" aria-label="Picture of the steps">
<svg viewBox="0 ${-blockHead} ${Math.ceil(width)} ${Math.ceil(height) + blockHead}" width="${Math.ceil(width)}" height="${Math.ceil(height) + blockHead}" role="img" aria-labelledby="graph-title">
<title id="graph-title">${words}; the list below says the same in words</title>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
${graph.blocks.map((block) => blockMarkup(block, place(`block ${block.id}`)))}
${paths.map((points) => html`<path class="edge" d="${lineOf(points)}" marker-end="url(#tip)"/>\n`)}
${graph.nodes.map((node) => nodeMarkup(node, place(node.id), counts.get(node.id)))}</svg>
</div>
<figcaption>Steps run in the order of their numbers. An arrow leads to a step that uses another’s result or waits for it.</figcaption>
</figure>
<details class="words"><summary>The steps in words</summary>
<ol>${graph.nodes.map((node) => wordsOf(node, graph.blocks, counts.get(node.id)))}</ol>
</details>`;
}

function widthOf({ id, number, uses }: GraphNode, counts: ReadonlyMap<string, string>): number {
  const longest = Math.max(`${number}  ${id}`.length, uses.length, (counts.get(id) ?? '').length + 4);
  return Math.min(widthMax, Math.max(widthMin, Math.round(longest * characterWidth) + 24));
}

function hasCount({ id }: GraphNode, counts: ReadonlyMap<string, string>): boolean {
  return (counts.get(id) ?? '') !== '';
}

function nodeMarkup(node: GraphNode, { x, y, width, height }: Placed, count: string | undefined): Markup {
  const [left, top] = [x - width / 2, y - height / 2];
  const fits = Math.floor((width - 20) / characterWidth);
  const conditional = node.condition === undefined ? '' : ' conditional';
  return html`<g class="node ${node.kind}${conditional}"><title>${fullName(node, count)}</title>
<rect x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" rx="6"/>
<text x="${round(left + 10)}" y="${round(top + 19)}"><tspan class="no">${node.number}</tspan> ${cut(node.id, fits - 3)}</text>
<text class="uses" x="${round(left + 10)}" y="${round(top + 35)}">${cut(node.uses, fits)}</text>${count !== undefined && count !== '' && html`<text class="times" x="${round(left + 10)}" y="${round(top + 50)}">${cut(count, fits)}</text>`}</g>
`;
}

function blockMarkup(block: GraphBlock, { x, y, width, height }: Placed): Markup {
  const [left, top] = [x - width / 2, y - height / 2];
  const words = [block.role ?? block.id, block.loop, block.parallel ? 'side by side' : undefined];
  const label = words.filter((word) => word !== undefined).join(' · ');
  const fits = Math.floor(width / characterWidth);
  return html`<g class="block"><title>${[label, ifText(block.condition)].join(' ')}</title>
<rect x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" rx="9"/>
<text x="${round(left + 8)}" y="${round(top - 5)}">${cut(block.condition === undefined ? label : `${label} · if …`, fits)}</text></g>
`;
}

function wordsOf(node: GraphNode, blocks: readonly GraphBlock[], count: string | undefined): Markup {
  const inside = node.blocks.map((id) => blocks.find((block) => block.id === id)!);
  const occasions = [...inside, node].flatMap(({ condition, loop, ...rest }) => [
    'role' in rest && rest.role !== undefined
      ? rest.role === 'rescue'
        ? 'only after a failure'
        : 'in any case'
      : undefined,
    loop === undefined ? undefined : `for ${loop}`,
    condition === undefined ? undefined : ifText(condition),
  ]);
  const said = occasions.filter((occasion) => occasion !== undefined);
  return html`<li><b>${node.id}</b>${node.blocks.length > 0 && html` <span class="quiet">in ${node.blocks.join(', ')}</span>`}: ${node.kind === 'wait' ? 'wait for ' : ''}<code>${node.uses}</code>${count !== undefined && count !== '' && html` · ${count}`}${said.map((occasion) => html`<br><span class="quiet">${occasion}</span>`)}</li>
`;
}

function fullName({ id, uses, condition, loop }: GraphNode, count: string | undefined): string {
  return [`${id}: ${uses}`, count, loop === undefined ? '' : `for ${loop}`, ifText(condition)]
    .filter((part) => part !== undefined && part !== '')
    .join(' · ');
}

function ifText(condition: string | undefined): string {
  return condition === undefined ? '' : `if ${condition}`;
}

/** A curve through the points that the layout gives. */
function lineOf(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...others] = points;
  if (first === undefined) return '';
  const at = ({ x, y }: { readonly x: number; readonly y: number }) => `${round(x)} ${round(y)}`;
  if (others.length < 2) return `M${at(first)}${others.map((point) => `L${at(point)}`).join('')}`;
  const curves = others.slice(0, -1).map((point, index) => {
    const next = others[index + 1]!;
    const end = index === others.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${at(point)} ${at(end)}`;
  });
  return `M${at(first)}${curves.join('')}`;
}

function cut(text: string, length: number): string {
  const line = oneLine(text);
  return line.length <= length ? line : `${line.slice(0, Math.max(1, length - 1))}…`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
