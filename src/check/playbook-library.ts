import type { At } from '../diagnostics/diagnostic.ts';
import type { Document } from '../load/document.ts';
import { guardsOfUsed } from './check-used.ts';
import type { UsablePlaybook } from './checked-step.ts';
import type { Playbook } from './playbook.ts';
import { depthMax, type PlaybookFiles } from './playbook-files.ts';
import { Problems } from './problems.ts';

/** The playbooks that one playbook is made of while they are checked, each once however often it is used. */
export interface Library {
  /** As one file sees it. @param trail the places of the files that led here, its own last */
  of(problems: Problems, trail: readonly string[]): OpenedLibrary;
  /** The guards of all that were used. */
  guards(): Playbook['guards'];
  /** The texts of all that were used, by place. */
  texts(): Playbook['used'];
}

export interface OpenedLibrary {
  /** Where this file's problems go. */
  readonly problems: Problems;
  /** The playbook at a place; what is wrong with it is told with the place where it is used. */
  used(place: string, at: At): UsablePlaybook | undefined;
}

type Check = (document: Document, place: string, library: OpenedLibrary) => UsablePlaybook | undefined;

interface Kept {
  readonly usable: UsablePlaybook | undefined;
  readonly text: string;
}

export function openLibrary(files: PlaybookFiles, check: Check): Library {
  const kept = new Map<string, Kept>();
  const guards: Playbook['guards'][number][] = [];

  const checkAt = (place: string, at: At, problems: Problems, trail: readonly string[]): Kept => {
    const document = files.get(place);
    if (document === undefined) {
      // A file that could not be read was told of when it was looked for.
      problems.error('FILE_NOT_FOUND', `there is no playbook ${place}`, at);
      return { usable: undefined, text: '' };
    }
    const own = new Problems();
    const usable = check(document, place, of(own, [...trail, place]));
    const related = [{ message: 'it is used here', at }];
    for (const problem of own.found)
      problems.found.push({ ...problem, related: [...(problem.related ?? []), ...related] });
    if (usable !== undefined) guards.push(...guardsOfUsed(usable.playbook, at, problems));
    return { usable, text: document.text };
  };

  const of = (problems: Problems, trail: readonly string[]): OpenedLibrary => ({
    problems,
    used: (place, at) => {
      if (trail.includes(place)) {
        const ring = [...trail.slice(trail.indexOf(place)), place].join(' → ');
        problems.error('STEP_CYCLE', `a playbook cannot use itself: ${ring}`, at);
        return undefined;
      }
      if (trail.length > depthMax) {
        const expected = `at most ${depthMax} playbooks inside each other`;
        problems.error('WRONG_VALUE', `${place} lies too deep: ${trail.join(' → ')}`, at, { expected });
        return undefined;
      }
      let found = kept.get(place);
      if (found === undefined) {
        found = checkAt(place, at, problems, trail);
        kept.set(place, found);
      }
      return found.usable;
    },
  });

  return {
    of,
    guards: () => guards,
    texts: () => Object.fromEntries([...kept].sort().map(([place, { text }]) => [place, text])),
  };
}
