import type { PageStep } from '../page-record.ts';
import type { Detail } from './chunks.ts';
import { element } from './element.ts';
import { jsonElement } from './json.ts';

/** All of one record: its problems, then its steps in order, each with the exact request behind it. */
export function detailElement({ problems, steps }: Detail): HTMLElement {
  const inside = element('div', { class: 'detail' });
  if (problems.length > 0)
    inside.append(
      element('ul', { class: 'problems' }, ...problems.map((problem) => element('li', {}, problem))),
    );
  const list = element('ol', { class: 'steps' }, ...steps.map(stepElement));
  const closed = () => [...list.querySelectorAll('details')].filter((one) => !one.open);
  if (list.querySelector('details') !== null) {
    const all = element('button', { type: 'button', class: 'plain' }, 'Open all steps');
    all.addEventListener('click', () => {
      const open = closed().length > 0;
      for (const one of list.querySelectorAll('details')) one.open = open;
      all.textContent = open ? 'Close all steps' : 'Open all steps';
    });
    inside.append(all);
  }
  if (steps.length > 0) inside.append(list);
  return inside;
}

function stepElement(step: PageStep): HTMLElement {
  const head = [
    element('span', { class: `sign ${step.word.replaceAll(/\W/gu, '')}`, 'aria-hidden': 'true' }, step.sign),
    element('span', { class: 'word' }, step.word),
    element('span', { class: 'path' }, step.path),
    element('span', { class: 'uses' }, step.uses),
  ];
  const inside = [
    step.note !== undefined && element('p', { class: 'note' }, step.note),
    step.help !== undefined && element('p', { class: 'help' }, step.help),
    step.changes !== undefined && changesElement(step.changes),
    step.request !== undefined && requestElement(step.request),
    step.inputs !== undefined && inputsElement(step.inputs),
    step.log !== undefined &&
      element('ul', { class: 'log' }, ...step.log.map((line) => element('li', {}, line))),
  ].filter((part) => part !== false);
  if (inside.length === 0) return element('li', {}, element('div', { class: 'line' }, ...head));
  return element('li', {}, element('details', {}, element('summary', {}, ...head), ...inside));
}

function changesElement(changes: NonNullable<PageStep['changes']>): HTMLElement {
  const head = ['what changes', 'is', 'shall be'].map((text) => element('th', { scope: 'col' }, text));
  const rows = changes.map(([path, is, shall]) =>
    element('tr', {}, element('th', { scope: 'row' }, path), element('td', {}, is), element('td', {}, shall)),
  );
  return element(
    'table',
    { class: 'changes' },
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
}

function inputsElement(inputs: unknown): HTMLElement {
  return element(
    'div',
    { class: 'request' },
    element('p', { class: 'quiet' }, 'Nothing is sent. The step’s inputs:'),
    jsonElement(inputs, 'Inputs'),
  );
}

function requestElement({ method, path, body, over }: NonNullable<PageStep['request']>): HTMLElement {
  return element(
    'div',
    { class: 'request' },
    element('p', { class: 'wire' }, element('b', {}, method), ' ', element('code', {}, path)),
    over !== undefined &&
      element('p', { class: 'quiet' }, `Laid over what ${over} answers; the whole is sent back.`),
    body !== undefined && jsonElement(body, 'Request body'),
  );
}
