/** The tables of docs/SCALE.md, which `npm run simulate` also prints. */
import { SESSIONS_PER_ADDRESS } from '../../worker/limits.ts'
import { markdownTable } from '../markdown-table.ts'
import { SHARED } from './address.ts'
import { PEAK_HOUR, rateAt } from './arrivals.ts'
import type { KeyOutcome } from './key.ts'
import type { Crowd, DayOutcome, Reconnects } from './scenarios.ts'
import { type Spread, spreadOf } from './server.ts'
import { PLATFORM, type WorkTimes } from './work.ts'
import type { Outcome } from './world.ts'

/** Bytes of a row of a lease: its name has 101 characters, and the tree around it some 50. */
const LEASE_BYTES = 150
/** Answers of one visitor at once. */
const ANSWERS_AT_ONCE = 3

/** What is met first: each row with its bound, and the visitors a day at which it is met. */
export function firstTable(days: readonly DayOutcome[], work: WorkTimes): string {
  const largest = days.at(-1)
  const byVisitors = (bound: number, figureOf: (day: DayOutcome) => number) =>
    largest === undefined ? '' : millions((bound / figureOf(largest)) * largest.visitorsADay)
  const row = (
    name: string,
    figureOf: (day: DayOutcome) => number,
    bound = '',
    metAt = '',
    show: (figure: number) => string = count,
  ) => [name, ...days.map((day) => show(figureOf(day))), bound, metAt]
  const atPeak = (day: DayOutcome) => rateAt(day.visitorsADay, PEAK_HOUR)
  const messages = (day: DayOutcome) => atPeak(day) * day.messagesEach
  const sessions = (day: DayOutcome) => (day.visitorsADay * SHARED.share) / SHARED.addresses
  const visitorMb = (ANSWERS_AT_ONCE * work.streamKb) / 1024
  const aDay = SESSIONS_PER_ADDRESS.find(({ name }) => name === 'day')?.most ?? 0
  const rows = (PLATFORM.storageGb * 1e9) / LEASE_BYTES
  return markdownTable(
    ['', ...days.map(({ visitorsADay }) => `${count(visitorsADay)} a day`), 'bound', 'met at'],
    [
      row(
        'new sessions of a shared address, a day',
        sessions,
        count(aDay),
        byVisitors(aDay, sessions),
        (figure) => (figure < 10 ? figure.toFixed(1) : count(figure)),
      ),
      row(
        'messages to the total, a second at the peak',
        messages,
        count(PLATFORM.requestsPerSecond),
        byVisitors(PLATFORM.requestsPerSecond, messages),
        (figure) => (figure < 10 ? figure.toFixed(1) : count(figure)),
      ),
      row('the same, busiest second', ({ total }) => total.busiest, count(PLATFORM.requestsPerSecond)),
      row(
        'rows of leases, a day',
        (day) => day.visitorsADay,
        millions(rows),
        byVisitors(rows, (day) => day.visitorsADay),
      ),
      row(
        'requests to one visitor’s object, busiest second',
        ({ visitors }) => visitors.busiest,
        count(PLATFORM.requestsPerSecond),
        'never',
      ),
      row(
        'requests to one address’s object, busiest second',
        ({ addresses }) => addresses.busiest,
        count(PLATFORM.requestsPerSecond),
        'never',
      ),
      row(
        'memory of a visitor’s object with three answers, MB',
        () => visitorMb,
        count(PLATFORM.memoryMb),
        'never',
        (figure) => figure.toFixed(1),
      ),
      row('answers that run at once, in all objects', ({ tally }) => tally.mostRunning, 'none', ''),
      row(
        'messages of a visitor to the total, in all',
        (day) => day.messagesEach,
        '',
        '',
        (figure) => figure.toFixed(1),
      ),
    ],
  )
}

/** How long the worst waits. */
export function waitTable(days: readonly DayOutcome[]): string {
  const row = (name: string, of: (day: DayOutcome) => readonly number[]) => [
    name,
    ...days.map((day) => spread(spreadOf(of(day)))),
  ]
  return markdownTable(
    ['p50 / p99 / most, ms', ...days.map(({ visitorsADay }) => `${count(visitorsADay)} a day`)],
    [
      row('the total’s object, until it begins', ({ total }) => total.waits),
      row('a visitor’s object, until it begins', ({ visitors }) => visitors.waits),
      row('an address’s object, until it begins', ({ addresses }) => addresses.waits),
      row('a question, until it is accepted', ({ tally }) => tally.acceptedAfter),
      row('a lost reader, until it reads on', ({ tally }) => tally.backAfter),
      [
        'questions refused or failed',
        ...days.map(({ tally }) => `${count(tally.refused + tally.failed)} of ${count(tally.asked)}`),
      ],
    ],
  )
}

export function crowdTable(crowds: readonly (readonly [Crowd, Outcome])[]): string {
  return markdownTable(
    [
      '',
      ...crowds.map(
        ([{ count: visitors, tokensEach }]) => `${count(visitors)} with ${count(tokensEach)} tokens each`,
      ),
    ],
    [
      ['questions', ...crowds.map(([, { tally }]) => count(tally.asked))],
      ['accepted', ...crowds.map(([, { tally }]) => count(tally.accepted))],
      ['refused: no tokens left', ...crowds.map(([, { tally }]) => count(tally.refused))],
      ['given up: no answer in time', ...crowds.map(([, { tally }]) => count(tally.failed))],
      ['visitors refused a session', ...crowds.map(([, { tally }]) => count(tally.sessionsRefused))],
      ['answers at once', ...crowds.map(([, { tally }]) => count(tally.mostRunning))],
      ['messages to the total, busiest second', ...crowds.map(([, { total }]) => count(total.busiest))],
      [
        'the total’s object, until it begins: p50 / p99 / most, ms',
        ...crowds.map(([, { total }]) => spread(spreadOf(total.waits))),
      ],
      [
        'a question, until it is accepted: p50 / p99 / most, ms',
        ...crowds.map(([, { tally }]) => spread(spreadOf(tally.acceptedAfter))),
      ],
      ['requests that waited for tokens of others', ...crowds.map(([, { calledBack }]) => count(calledBack))],
      [
        'tokens: spent, the most put down, the limit',
        ...crowds.map(([crowd, { account }]) =>
          [account.spent, account.most, crowd.count * crowd.tokensEach].map(count).join(' / '),
        ),
      ],
    ],
  )
}

export function reconnectTable(all: readonly (readonly [Reconnects, Outcome])[]): string {
  return markdownTable(
    [
      'answers that run',
      'away',
      'reconnects, busiest second',
      'until read on: p50 / p99 / most, s',
      'messages to the total, busiest second',
      'the total’s object: p50 / p99 / most, ms',
      'asked again',
      'failed',
    ],
    all.map(([{ readers, downMs }, { tally, total }]) => {
      const back = spreadOf(tally.backAfter)
      return [
        count(readers),
        downMs === 0 ? 'no' : `${downMs / 1000} s`,
        count(Math.max(...countBySecond(tally.reconnects))),
        [back.p50, back.p99, back.max].map((ms) => (ms / 1000).toFixed(1)).join(' / '),
        count(total.busiest),
        spread(spreadOf(total.waits)),
        count(tally.asked),
        count(tally.failed),
      ]
    }),
  )
}

export function keyTable(keys: readonly KeyOutcome[]): string {
  return markdownTable(
    [
      'streams',
      'shards',
      'in the fullest',
      'its load',
      'a token waits: p50 / p99 / most, ms',
      'its memory, MB',
      'opened at once: waits p50 / most, s',
      'refused',
    ],
    keys.map(({ streams, shards, most, load, crossing, memoryMb, turns, refused }) => [
      count(streams),
      String(shards),
      count(most),
      `${Math.round(100 * load)} %`,
      spread(crossing),
      count(memoryMb),
      [turns.p50, turns.max].map((ms) => (ms / 1000).toFixed(1)).join(' / '),
      count(refused),
    ]),
  )
}

/** How many of these times are in each second after the first one. */
export function countBySecond(times: readonly number[], from = times[0] ?? 0): number[] {
  const counts: number[] = []
  for (const time of times) {
    const second = Math.floor((time - from) / 1000)
    while (counts.length <= second) counts.push(0)
    counts[second] = (counts[second] ?? 0) + 1
  }
  return counts
}

const count = (figure: number) => Math.round(figure).toLocaleString('en')
const millions = (figure: number) =>
  figure >= 1e6 ? `${Number((figure / 1e6).toPrecision(2)).toLocaleString('en')} million` : count(figure)
const digit = (ms: number) => (ms >= 10 ? count(ms) : ms.toFixed(1))
const spread = ({ p50, p99, max }: Spread) => [p50, p99, max].map(digit).join(' / ')
