import type { JsonSchema } from '../schema/schema.ts';

/** The names that an expression may use, each with the schema of its value. `{}` is "anything". */
export interface Scope {
  readonly variables: Readonly<Record<string, JsonSchema>>;
}

/** One path that an expression reads: `steps.customer.id`. */
export interface Reference {
  readonly path: readonly string[];
  /** Read in a way that copes with absence: `.?x`, or inside `has(…)`. */
  readonly optional: boolean;
  /** Offset and length in the expression's own text. */
  readonly offset: number;
  readonly length: number;
}

/** A compiled expression. Opaque but for what checking and planning need to know of it. */
export interface Expression {
  readonly source: string;
  /** What it evaluates to, as far as that is known. */
  readonly schema: JsonSchema;
  readonly references: readonly Reference[];
  /** Normalised texts of the parts joined by `&&` at the top: what holds where this is somebody's `if`. */
  readonly conjuncts: readonly string[];
  /** Set where the whole expression is one path, `record.phone`: an absent value then leaves its field out. */
  readonly pure?: readonly string[];
  /** Whether it says `null` of itself, `x ? y : null`: its field is then left out. */
  readonly nullable: boolean;
  /** The engine's own (a Program); only evaluate.ts looks inside. */
  readonly program: unknown;
}

/** What evaluate.ts needs: the engine's function, and which parts of which variables to hand it. */
export interface Program {
  readonly run: (values: Record<string, unknown>) => unknown;
  readonly reads: readonly { readonly path: readonly string[]; readonly schema: JsonSchema }[];
}

/** Why a text is no expression of a scope. Offsets count in the expression's own text. */
export interface Problem {
  readonly kind: 'syntax' | 'unknownName' | 'type' | 'limit';
  readonly message: string;
  readonly offset: number;
  readonly length: number;
  /** The name that is unknown, and those that exist. */
  readonly name?: string;
  readonly candidates?: readonly string[];
}
