/** What a look-up says. `result` is what the step's result then is. */
export type Finding =
  | { readonly type: 'found'; readonly thing: unknown; readonly result: unknown }
  /** `seen`: the one thing that there is, which is not as wanted. */
  | { readonly type: 'absent'; readonly seen?: unknown }
  /** Ask again later; `lagSeconds`: for so long after the request was sent, where that is known. */
  | { readonly type: 'unclear'; readonly reason: string; readonly lagSeconds?: number }
  /** Asking again will not help. */
  /** `forbidden`: this sign-in may not ask. */
  | { readonly type: 'impossible'; readonly reason: string; readonly forbidden?: boolean };
