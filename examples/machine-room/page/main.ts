import { type Client, createClient } from '@tautline/client'
import { api } from '../api.ts'
import { Charts } from './charts.ts'
import { byId } from './dom.ts'
import { showFiles } from './files.ts'
import { formatAge, formatBytes } from './format.ts'
import { showLine } from './line.ts'
import { showNotes } from './notes.ts'
import { nameOfTab, showPeople } from './people.ts'
import { showProcesses } from './processes.ts'

export type RoomClient = Client<typeof api>

const me = nameOfTab()
const client = createClient(api, {
  url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/rpc`,
  auth: () => ({ name: me }),
})

showLine(client)
showPeople(client, me)
showNotes(client)
showProcesses(client)
showFiles(client)
void showMachine()

async function showMachine(): Promise<void> {
  const info = await client.machine.info()
  byId('facts', HTMLParagraphElement).textContent = [
    `${String(info.cpuCount)} × ${info.cpuModel}`,
    formatBytes(info.totalMemoryBytes),
    `up ${formatAge(Date.now() - info.bootedAt.getTime())}`,
    `served by ${info.runtime} ${info.runtimeVersion}`,
  ].join(' · ')
  const charts = new Charts(info)
  let last: Date | undefined
  const samples = client.machine.samples(
    {},
    {
      onGap: () => {
        if (last !== undefined) charts.addGap(last)
      },
    },
  )
  for await (const sample of samples) {
    last = sample.at
    charts.add(sample)
  }
}
