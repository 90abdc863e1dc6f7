import type { Row, Tick, Todo } from '../workload.ts'

/*
 * What a library has to offer to be measured. Each subject is a folder with three files: `about.ts` exports `about`,
 * `server.ts` exports `startServer`, `client.ts` exports `connect`; server and client run in processes of their own.
 * Beside the three a subject has whatever its library wants to be told (a router, schemas), as its own documentation
 * recommends it: nothing is left out to make it slower, nothing that its users have is left out to make it faster.
 */

export type RuntimeName = 'node' | 'bun' | 'deno'

export interface About {
  /** Also the name of its folder. */
  readonly name: string
  /** As charts and tables call it, with the version that was measured read from the package. */
  readonly label: string
  /** npm packages whose versions the report names. */
  readonly packages: readonly string[]
  /** What is checked: inputs, outputs, items, by which validator; or `nothing`. */
  readonly validates: string
  /** What travels: `JSON text`, `MessagePack, by position`, … and what it cannot carry. */
  readonly carries: string
  /** Whether a slow reader holds the producer of its stream back. */
  readonly backPressure: boolean
  /** Server runtimes that it runs on. */
  readonly runtimes: readonly RuntimeName[]
  /** What it cannot do, with the reason; the report says so in place of a figure. */
  readonly without: Readonly<Partial<Record<Feature, string>>>
  /** Set where values are made beforehand, and so cannot be those that were asked for: they are not checked. */
  readonly prepared?: true
}

export type Feature = 'stream' | 'publish' | 'bytes' | 'reconnect'

export interface ServerOptions {
  /** Compresses what is sent, in the way this library does. @default false */
  readonly compression?: boolean
  /** To listen on. @default any that is free */
  readonly port?: number
}

/** `export async function startServer(options: ServerOptions): Promise<BenchServer>` in `server.ts`. */
export interface BenchServer {
  readonly port: number
  /** Sends one event to everyone who has subscribed. */
  publish(tick: Tick): void
  /** The same with some 3 kB, by subjects that are measured with compression on. */
  publishRows?(rows: readonly Row[]): void
  /** Ends without waiting for anyone: clients see their connections die. */
  stop(): Promise<void>
}

/** `export async function connect(url: string): Promise<BenchClient>` in `client.ts`; `url` is `ws://127.0.0.1:<port>`. */
export interface BenchClient {
  /** The small call: `workload.ts` has what the server answers. */
  get(id: string): Promise<Todo>
  /** The table of `rowCount` rows, made once by the server and sent anew for each call. */
  table(): Promise<readonly Row[]>
  /** The same bytes back. */
  echo(bytes: Uint8Array): Promise<Uint8Array>
  /** Reads a stream of `count` ticks to its end, item by item, and returns their number. */
  stream(count: number): Promise<number>
  /** Resolves when the server has taken the subscription; `onTick` is called for each event. */
  subscribe(onTick: (tick: Tick) => void): Promise<void>
  /** As `subscribe`, to what `publishRows` sends. */
  subscribeRows?(onRows: (rows: readonly Row[]) => void): Promise<void>
  close(): Promise<void>
}
