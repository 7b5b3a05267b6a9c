import type { JsonSchema } from '../schema/schema.ts';

/**
 * What an operation does to the thing that it names. `read` and `list` change nothing; `create` ensures that the
 * thing exists; `update` sets it to a wanted state; `delete` ensures that it is gone; `action` does something once.
 */
export type Kind = 'read' | 'list' | 'create' | 'update' | 'delete' | 'action';

/**
 * What to do with a request that was sent and never answered: send it again under the same request id, look
 * whether it happened, or hold it for a person. Ordered from careless to careful.
 */
export type Doubt = 'resend' | 'lookup' | 'hold';

export type Auth = 'app' | 'app+user';
export type Cloud = 'global' | 'china' | 'usgov' | 'germany';

/** Whose host the operation is at: Partner Center's own, the Partner API's (referrals), Microsoft Graph's. */
export type Host = 'partnerCenter' | 'partner' | 'graph';

/** A host of a partner's own, which a catalogue of theirs names. Nobody's token but its own goes there. */
export interface OwnHost {
  readonly name: string;
  /** Scheme, host, port and perhaps a path, without a slash at the end. */
  readonly url: string;
  /** Environment variable that holds its bearer token; without one it takes none. */
  readonly token?: string;
}

/** Who a partner is: sells directly, supplies resellers, or sells through a provider. */
export type PartnerType = 'direct' | 'provider' | 'reseller';

/** How the pages of a list hang together (FACTS "Paging"). `none`: one answer holds everything. */
export type Paging = 'none' | 'offset' | 'seek' | 'continuation' | 'link';

/**
 * A value made from inputs. A string that begins with `$` is a path: `$domain`, `$companyProfile.domain` is an
 * input of the step, `$result.id` a field of the answer, `$found.id` of what a lookup found, `$item` (or
 * `$item.x`) the element inside `{ $each: path, $to: template }` (with `$with: x` each element is followed by those
 * of its own list `x`). `$$` at the start means a literal `$`. A path
 * that leads nowhere leaves its key out. All else is itself.
 */
export type Template = unknown;

/** How to find out whether the thing exists already, or whether the request happened. */
export interface Lookup {
  /** Name of a `read` or `list` operation. */
  readonly operation: string;
  /** The read itself, where it is one that the catalogue does not list. */
  readonly read?: Operation;
  /** Its inputs. */
  readonly with: Readonly<Record<string, Template>>;
  /**
   * Path in the answer (of an item, where the operation lists) → template that it must equal; strings are compared
   * without regard to case. A `*` in the path is any element of a list (`notes.*.text`); null is what is not there.
   * Empty: that the answer exists at all (not 404) is the find.
   */
  readonly equal: Readonly<Record<string, Template>>;
  /** Path in the answer → template that it must not equal, where only the state that is left has a documented name. */
  readonly differ?: Readonly<Record<string, Template>>;
  /** The find is that it is NOT there (404, or no item): for deletes. */
  readonly absent?: true;
  /** Path of a list in what a `read` answers: its elements are what is looked at, as the items of a list are. */
  readonly in?: string;
  /**
   * Input that is a list: every element (`$item` in `equal`) must be found, for operations on several things. An
   * element that has none of what `equal` asks for is not found.
   */
  readonly each?: string;
  /**
   * Path in the answer → values: seeing one of these proves that it did NOT happen. Else a miss is the proof. With
   * no values nothing proves it: the look-up can confirm, and whatever else it sees is left to a person.
   */
  readonly unless?: Readonly<Record<string, readonly unknown[]>>;
  /** A miss proves nothing until this many seconds after the request was sent (lists that lag). */
  readonly lagSeconds?: number;
  /** Reads the whole thing once found where the list's items are partial; its answer becomes the step's result. */
  readonly then?: { readonly operation: string; readonly with: Readonly<Record<string, Template>> };
  /** What the step's result is where the thing found is not what the operation answers; made from `$found`. */
  readonly result?: Template;
  /**
   * What the step's result is once it is known to have happened, where the thing found is not it (a cart that is
   * Ordered does not name its orders): items of a list, dated (`since`) not before the intent, that equal `where`;
   * they become the result's field `as`. The list may lag so many seconds: it is asked until then.
   */
  readonly adopt?: {
    readonly operation: string;
    readonly with: Readonly<Record<string, Template>>;
    readonly as: string;
    readonly since: string;
    readonly where: Readonly<Record<string, Template>>;
    readonly lagSeconds: number;
  };
  /** One list that holds every candidate, for plans where that is fewer calls than a look-up a record. */
  readonly all?: { readonly operation: string; readonly with: Readonly<Record<string, Template>> };
}

/** Parts of an answer that make it a failure although its status says success. */
export interface PartFailure {
  /** Path of a list in the answer, or of one object. */
  readonly path: string;
  /** Which of its elements failed: path in the element → values that say so. Without it all of them did. */
  readonly where?: Readonly<Record<string, readonly unknown[]>>;
  /** Paths in an element; the first that leads somewhere names it. */
  readonly name?: readonly string[];
  readonly message: string;
}

/** Where an accepted (asynchronous) request tells its progress. */
export interface Poll {
  readonly operation: string;
  readonly with: Readonly<Record<string, Template>>;
  /** Path in the status answer whose value decides. */
  readonly path: string;
  readonly done?: readonly unknown[];
  /** Instead of `done`, where the word of the end has no documented name: while it is one of these it goes on, any other value ends it. */
  readonly pending?: readonly unknown[];
  readonly failed: readonly unknown[];
  /** What failed although all of it is done. */
  readonly partFailure?: PartFailure;
  /** Seconds between two polls, and in all. */
  readonly everySeconds: number;
  readonly timeoutSeconds: number;
}

/**
 * Where a download lies that is at no host of the API: below an address that a read tells, open to whoever has the
 * query that it tells with it. The bearer token never goes there.
 */
export interface Elsewhere {
  readonly operation: string;
  readonly with: Readonly<Record<string, Template>>;
  /** Paths in that read's answer: the address, and the query that opens it. */
  readonly root: string;
  readonly query: string;
}

/** How what an operation did is taken back. */
export interface TakeBack {
  readonly operation: string;
  /** Made from the step's inputs, its `$result`, what a plan saw before it was changed (`$found`), and `$item`. */
  readonly with: Readonly<Record<string, Template>>;
  /** List in the result, and a list inside of each of its elements: each element is taken back by itself. */
  readonly each?: string;
  readonly inside?: string;
  /** Input that is a list: of more than one element nobody knows which were there before. */
  readonly single?: string;
  /** What is read first: field of the answer → what it must be, as the operation left it. */
  readonly left?: {
    readonly operation: string;
    readonly with: Readonly<Record<string, Template>>;
    readonly equal: Readonly<Record<string, Template>>;
    /** Field of the answer: until when it can be taken back. */
    readonly until?: string;
  };
}

export type Undo = TakeBack | { readonly never: string };

export interface OperationError {
  readonly status: number;
  readonly code?: string;
  readonly meaning: string;
  /** `again`: the same request after a wait; `done`: it happened before, settle by look-up; else final. */
  readonly then?: 'again' | 'done';
}

/** One catalogue entry, resolved: references followed, defaults filled in. */
export interface Operation {
  /** `resource.verb`, e.g. `customers.create`. */
  readonly name: string;
  readonly resource: string;
  readonly summary: string;
  readonly kind: Kind;
  readonly method: string;
  readonly host: Host | OwnHost;
  /** Path with `{name}` places, from the host's root. */
  readonly path: string;
  /** Names in the path, in order. */
  readonly pathInputs: readonly string[];
  /** Query name on the wire → its value; `filter` JSON is `{ $json: … }`, a name that comes once an item `{ $repeat: $list }`. */
  readonly query: Readonly<Record<string, Template>>;
  /** Everything that `with:` may say: an object schema with path, query and body inputs. */
  readonly input: JsonSchema;
  /** The body on the wire; undefined where the request has none. */
  readonly body?: Template;
  /** Object to read first, merge `body` into and send back, as Partner Center's updates want it. */
  readonly merge?: {
    readonly operation: string;
    readonly with: Readonly<Record<string, Template>>;
    /** Fields of what was read that do not go back. */
    readonly without?: readonly string[];
  };
  /** Whether If-Match with the etag of what `merge` read is sent. */
  readonly ifMatch: boolean;
  /** Extra request headers. */
  readonly headers: Readonly<Record<string, Template>>;
  /** Schema of what `steps.<id>` holds afterwards. For `list`: `{ items: […], totalCount }` over all pages. */
  readonly result: JsonSchema;
  /** Status → what `steps.<id>` holds, for statuses whose meaning is not in a body (404 "the domain is free"). */
  readonly answers: Readonly<Record<string, Template>>;
  /** The result's field that takes the last part of the answer's `Location` header: the id of what was started. */
  readonly location?: string;
  /** The result is `{ status, body }`, and what is no status of `success` (of none: no 2xx) is a refusal. */
  readonly whole?: true;
  /** What a plan says of every step that uses it. */
  readonly note?: string;
  /** Statuses that say "not ready, ask again", after the time that Retry-After names. */
  readonly notReady?: readonly number[];
  /** Result field → the answer's fields, the first that is there, whose address ends in what it takes. */
  readonly lastPartOf?: Readonly<Record<string, readonly string[]>>;
  /**
   * Content type of an answer that is no JSON. It is saved below the run's results folder, at the place that the
   * input `saveAs` names; `steps.<id>` holds `{ file, bytes, sha256 }`.
   */
  readonly download?: string;
  readonly elsewhere?: Elsewhere;
  /** Success statuses. */
  readonly success: readonly number[];
  readonly paging: Paging;
  /** Page size to ask for, and the query name that says it. */
  readonly pageSize?: { readonly query: string; readonly max: number };
  /** May the same request be sent twice without doing it twice? */
  readonly repeatable: boolean;
  readonly lookup?: Lookup;
  /** For `create`: how to bring a thing that was found to what the step wants. Paths compared, and the operation. */
  readonly update?: {
    readonly operation: string;
    readonly with: Readonly<Record<string, Template>>;
    readonly fields: readonly string[];
  };
  /** For `update` and `delete`: the result paths that show the wanted state is there already → nothing to send. */
  readonly satisfied?: Lookup;
  readonly doubt: Doubt;
  readonly undo?: Undo;
  /** What a person looks at in Partner Center to tell whether it happened, where the operation waits for one. */
  readonly lookAt?: string;
  readonly poll?: Poll;
  /** A part of the answer whose presence (a non-empty array, an object) makes a success status a failure. */
  readonly partFailure?: PartFailure;
  /** Throttle group whose allowance it spends, and the documented requests a minute where there is a figure. */
  readonly throttle: { readonly group: string; readonly perMinute?: number; readonly perCustomer: boolean };
  readonly auth: readonly Auth[];
  readonly clouds: readonly Cloud[];
  /** Which partners may call it. */
  readonly partners: readonly PartnerType[];
  readonly errors: readonly OperationError[];
  /** Why it should no longer be used, and the operation that replaces it where there is one. */
  readonly deprecated?: { readonly reason: string; readonly use?: string };
  /** Only the integration sandbox has it. */
  readonly sandboxOnly: boolean;
  /** Documentation page name. */
  readonly page: string;
  readonly example: { readonly with: Readonly<Record<string, unknown>>; readonly answer: unknown };
}

/** True for operations that change nothing at the service. */
export function isRead(operation: Operation): boolean {
  return operation.kind === 'read' || operation.kind === 'list';
}

/** A folder of entries that a partner adds (`--catalog`), with the texts of its files by their names. */
export interface Catalogue {
  readonly folder: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface Operations {
  readonly names: readonly string[];
  /** Digest of every entry, for plan files: a plan made with other entries no longer fits. */
  readonly digest: string;
  get(name: string): Operation | undefined;
  /** What a partner added to the catalogue, in the order in which it was given. */
  readonly catalogues?: readonly Catalogue[];
}
