import type { Feature, RuntimeName } from '../subjects/subject.ts'
import type { Stage } from './stage.ts'

/**
 * How much is measured. `full` gives the figures that are published; `quick` ends within a minute and shows whether
 * something has become slow; `tiny` shows that it runs at all.
 */
export type Scale = 'full' | 'quick' | 'tiny'

export type Unit = 'bytes' | 'KiB' | 'ms' | 'per second' | 'times' | 'µs'

/** Something that a scenario measures. */
export interface Figure {
  readonly name: string
  readonly title: string
  readonly unit: Unit
  readonly better: 'less' | 'more'
  /** In series: where on the axis it stands. */
  readonly at?: number
}

/** Figures by name; one that could not be had on this runtime is missing. */
export type Sample = Readonly<Record<string, number>>

/** A subject, ready to be measured: what warms up has been done. */
export interface Trial {
  round(): Promise<Sample>
}

export interface Scenario {
  /** As `--only` takes it. */
  readonly name: string
  readonly title: string
  /** What is done, in one sentence. */
  readonly what: string
  readonly figures: readonly Figure[]
  /** Of those, the one that charts show. */
  readonly headline: string
  /** In place of `headline`: the figures with `at`, over what they stand for. */
  readonly series?: { readonly axis: string }
  readonly needs: readonly Feature[]
  /** @default all that the subject runs on */
  readonly runtimes?: readonly RuntimeName[]
  /** Names of the only subjects that it is about. @default all */
  readonly subjects?: readonly string[]
  /**
   * What there is time for in quick runs: no subject, or those that every comparison needs, where each takes processes of
   * its own. @default all subjects
   */
  readonly inQuickRuns?: 'essential' | 'none'
  readonly rounds: Readonly<Record<Scale, number>>
  /** May start processes on the stage, or measure something that has none. */
  begin(stage: Stage, scale: Scale): Promise<Trial>
}
