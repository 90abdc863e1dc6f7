import { type InferErrors, isTautlineError } from '@tautline/core'
import type { api } from '../api.ts'
import { byId, make } from './dom.ts'
import { formatBytes, formatRate } from './format.ts'
import type { RoomClient } from './main.ts'

const CHUNK_BYTES = 64 * 1024

/** A duplex: sends files in pieces and shows how far the server has come with hashing them. */
export function showFiles(client: RoomClient): void {
  const input = byId('file', HTMLInputElement)
  const drop = byId('drop', HTMLLabelElement)
  const send = (files: Iterable<File>): void => {
    for (const file of files) void sendFile(client, file)
  }
  input.addEventListener('change', () => {
    send(input.files ?? [])
    input.value = ''
  })
  drop.addEventListener('dragover', (event) => {
    event.preventDefault()
    drop.classList.add('over')
  })
  drop.addEventListener('dragleave', () => {
    drop.classList.remove('over')
  })
  drop.addEventListener('drop', (event) => {
    event.preventDefault()
    drop.classList.remove('over')
    send(event.dataTransfer?.files ?? [])
  })
}

async function sendFile(client: RoomClient, file: File): Promise<void> {
  const stop = new AbortController()
  const row = fileRow(file, () => {
    stop.abort()
  })
  try {
    while ((await sendOnce(client, file, row, stop.signal)) === 'lost') {
      row.progress(0, 'The line broke. Beginning again.')
    }
  } catch (error) {
    row.failed(stop.signal.aborted ? 'Stopped.' : whyNotHashed(error))
  }
}

/** Hashing is harmless to repeat, and the file is still there: when what the server knew of it is lost, it goes with the next connection. */
async function sendOnce(client: RoomClient, file: File, row: FileRow, signal: AbortSignal): Promise<'sent' | 'lost'> {
  const started = performance.now()
  try {
    const answers = client.files.hash({ name: file.name, sizeBytes: file.size }, piecesOf(file), { signal })
    for await (const { receivedBytes, sha256 } of answers) {
      const rate = receivedBytes / Math.max(0.001, (performance.now() - started) / 1000)
      row.progress(receivedBytes, `${formatBytes(receivedBytes)} · ${formatRate(rate)}`)
      if (sha256 !== undefined) row.done(sha256, `${formatBytes(file.size)} · ${formatRate(rate)} · sha256`)
    }
    return 'sent'
  } catch (error) {
    const goesOn = client.$.status.state !== 'suspended' && !signal.aborted
    if (goesOn && isTautlineError(error, 'CONNECTION_LOST')) return 'lost'
    throw error
  }
}

function whyNotHashed(error: unknown): string {
  // The file itself may be at fault: one that cannot be read, or a folder.
  if (!isTautlineError(error)) return `The file could not be read: ${String(error)}`
  // What the line throws is what this procedure declares, or Tautline's own.
  const failure = error as InferErrors<typeof api.files.hash>
  if (failure.code === 'FILE_TOO_LARGE') return `The room takes files up to ${formatBytes(failure.data.limitBytes)}.`
  if (failure.code === 'SIZE_DIFFERS') return 'The file changed while it was sent.'
  if (failure.code === 'CONNECTION_LOST') return `There is no line: ${failure.message}`
  return failure.message
}

/** The file in pieces. Read only as fast as the line takes them: the next piece is asked for when there is credit. */
async function* piecesOf(file: File): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (let start = 0; start < file.size; start += CHUNK_BYTES) {
    yield new Uint8Array(await file.slice(start, start + CHUNK_BYTES).arrayBuffer())
  }
}

interface FileRow {
  progress(receivedBytes: number, text: string): void
  done(sha256: string, text: string): void
  failed(why: string): void
}

function fileRow(file: File, onStop: () => void): FileRow {
  const item = make('li')
  const stop = make('button', { className: 'quiet', text: 'Stop', label: `Stop hashing ${file.name}` })
  stop.type = 'button'
  stop.addEventListener('click', onStop)
  const bar = make('progress', { label: `Hashed of ${file.name}` })
  bar.max = Math.max(1, file.size)
  bar.value = 0
  const status = make('span', { className: 'faint', text: 'starting' })
  const digest = make('code')
  item.append(make('span', { className: 'file-name', text: file.name, title: file.name }), stop, bar, status, digest)
  byId('file-list', HTMLUListElement).prepend(item)
  return {
    progress(receivedBytes, text) {
      bar.value = receivedBytes
      status.textContent = text
    },
    done(sha256, text) {
      bar.value = bar.max
      status.textContent = text
      digest.textContent = sha256
      stop.remove()
    },
    failed(why) {
      bar.remove()
      status.className = 'error'
      status.textContent = why
      stop.remove()
    },
  }
}
