import { type RunningProxy, runProxy } from '../running-proxy.ts'

const LOADED = 'Loading success'

/** Starts an HAProxy with this configuration, a master with workers as Debian runs it. */
export function runHaproxy(executable: string, configuration: string): Promise<RunningProxy> {
  return runProxy({
    name: 'HAProxy',
    configure: () => `global\n  hard-stop-after 500ms\n\n${configuration}`,
    command: (file) => [executable, '-W', '-db', '-f', file],
    started: LOADED,
    reloadSignal: 'USR2',
    reloaded: LOADED,
  })
}
