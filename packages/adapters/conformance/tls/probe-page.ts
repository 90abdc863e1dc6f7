// Bundled into a page: the probe as a function to be called from outside.
import { probe } from './probe.ts'

Object.assign(globalThis, { probe })
