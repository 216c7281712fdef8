/** What was done in a run of chaos, counted. */
import type { Played } from './round.ts'

export interface Tally {
  readonly calls: number
  readonly rounds: number
  add(played: Played): void
  /** In lines. */
  table(): string
}

export function createTally(): Tally {
  const columns = {
    'calls by route': new Map<string, number>(),
    'by their caller': new Map<string, number>(),
    'by their reader': new Map<string, number>(),
    'how the upstream answered': new Map<string, number>(),
    'the network to the caller': new Map<string, number>(),
    'the network to the upstream': new Map<string, number>(),
    'done to Millrace': new Map<string, number>(),
    'how the answers ended': new Map<string, number>(),
  }
  let calls = 0
  let rounds = 0
  const count = (column: keyof typeof columns, what: string) => {
    columns[column].set(what, (columns[column].get(what) ?? 0) + 1)
  }
  return {
    get calls() {
      return calls
    },
    get rounds() {
      return rounds
    },
    add({ outcomes, disruptions }) {
      rounds++
      calls += outcomes.length
      for (const { kind } of disruptions) count('done to Millrace', kind)
      for (const { outcome, verdict } of outcomes) {
        const { call, asker } = outcome
        count('calls by route', call.route.name)
        count('by their caller', asker.isVisitor ? 'visitor' : 'key')
        count('by their reader', call.reader.kind)
        count('how the upstream answered', call.way)
        count('the network to the caller', call.near?.kind ?? 'no fault')
        count('the network to the upstream', call.far?.kind ?? 'no fault')
        count('how the answers ended', verdict.isLate ? `${verdict.end}, on a late machine` : verdict.end)
      }
    },
    table() {
      const lines = Object.entries(columns).flatMap(([title, counts]) => [
        '',
        title,
        ...[...counts]
          .sort(([, a], [, b]) => b - a)
          .map(([what, times]) => `${String(times).padStart(7)}  ${what}`),
      ])
      return lines.slice(1).join('\n')
    },
  }
}
