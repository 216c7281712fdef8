/** A contestant's process and its resource use, which only Linux reports. */
import { readdirSync, readFileSync } from 'node:fs'

export interface Server {
  /** Without a slash at the end. */
  url: string
  /** CPU time of all its threads so far, in milliseconds. */
  cpu(): number
  /** Memory in RAM, in bytes. */
  memory(): number
  /** The address of V8's inspector for the Worker's isolate, where it was asked for. */
  inspector?: string
  stop(): Promise<void>
}

/** The scheduler's nanoseconds, because `stat` counts hundredths of a second. */
export function cpuOf(pid: string): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6
}

export function memoryOf(pid: string): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}
