/** One input: the steps of a story, in order. A target that takes one message has one. */
export type FuzzInput = readonly Uint8Array[]

/** What is fuzzed. Its module is bundled with counters in the sources of the packages, and exports it as `target`. */
export interface FuzzTarget {
  /** Where the corpus begins, besides the file. */
  readonly seeds: readonly FuzzInput[]
  /** How many steps an input has at most. */
  readonly maxSteps: number
  /** Bytes in front of each step that choose what it is; MessagePack follows. */
  readonly headBytes: number
  /** Longest step that is tried now and then, to find what costs more than its length. */
  readonly longestBytes: number
  /** Runs one input to its end. What it throws, or rejects with, is a finding. */
  run(input: FuzzInput): void | Promise<void>
  /** What of it a peer can cause, without what only checks it: what is held against the time that it may take. @default run */
  cause?(input: FuzzInput): void | Promise<void>
}
