// node packages/adapters/conformance/write-capabilities.ts: puts the capability tables into the README.
import { writeReadmeTables } from './readme-tables.ts'

writeReadmeTables()
