/** The page: one client, one connection, and a file for each thing that is shown over it. */
import { type Client, createClient } from '@tautline/client'
import { api } from '../api.ts'
import { showBanner } from './banner.ts'
import { showCharts } from './charts.ts'
import { byId } from './dom.ts'
import { showFiles } from './files.ts'
import { formatAge, formatBytes } from './format.ts'
import { showLine } from './line.ts'
import { showNotes } from './notes.ts'
import { showPeople } from './people.ts'
import { showProcesses } from './processes.ts'
import { nameOfTab } from './tab-name.ts'

export type RoomClient = Client<typeof api>

const me = nameOfTab()
const client = createClient(api, { url: '/rpc', auth: () => ({ name: me }) })

showLine(client)
showBanner(client)
showPeople(client, me)
showNotes(client)
showProcesses(client)
showFiles(client)

const info = await client.machine.info()
byId('facts', HTMLParagraphElement).textContent = [
  `${String(info.cpuCount)} × ${info.cpuModel}`,
  formatBytes(info.totalMemoryBytes),
  `up ${formatAge(Date.now() - info.bootedAt.getTime())}`,
  `served by ${info.runtime} ${info.runtimeVersion}`,
].join(' · ')
await showCharts(client, info)
