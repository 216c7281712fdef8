/** Writes the tables of docs/COST.md from the measured work and the list prices. */
import { fillPage } from '../fill-page.ts'
import { markdownTable } from '../markdown-table.ts'
import { KINDS, LENGTHS, type Measured, readMeasured } from './measured.ts'
import {
  answerAmounts,
  listPrice,
  longestForFree,
  modelPrice,
  monthOf,
  monthOnPaidPlan,
  scaled,
  timesADayForFree,
  vmsFor,
  workOf,
} from './model.ts'
import { type ModelName, PRICES } from './prices.ts'

const BEGIN = '<!-- cost: made by `npm run bench:cost` from scripts/cost/ -->'
const END = '<!-- /cost -->'

const PROMPT_TOKENS = 1000
const MILLION = 1e6

/** @throws {Error} where the page has no place for the tables */
export function writeCostPage(): void {
  fillPage('COST.md', [{ begin: BEGIN, end: END, text: costTables(readMeasured()) }])
}

export function costTables(measured: Measured): string {
  const { date, cores, cpu, node, workerd } = measured.machine
  return [
    `Measured on ${date.slice(0, 10)}: ${cores} cores of ${cpu}, Node ${node}, workerd ${workerd}. Prices of ${PRICES.date}.`,
    '### One answer',
    workTable(measured),
    '### A million answers in a month',
    millionTable(measured),
    '### The free plan',
    freeTable(measured),
    '### Deployments',
    deploymentTable(measured),
  ].join('\n\n')
}

const answersMeasured = KINDS.flatMap((kind) => LENGTHS.map((tokens) => ({ kind, tokens })))

function workTable(measured: Measured): string {
  const rows = answersMeasured.map(({ kind, tokens }) => {
    const { jsMs, processMs, objectRequests, rows } = workOf(measured, kind, tokens)
    const { gbSeconds } = answerAmounts(measured, kind, tokens)
    return [
      kind,
      count(tokens),
      `${jsMs.toFixed(1)} ms`,
      `${processMs.toFixed(1)} ms`,
      objectRequests.toFixed(1),
      rows.toFixed(1),
      gbSeconds.toFixed(2),
    ]
  })
  return markdownTable(
    ['answer', 'tokens', 'CPU, JavaScript', 'CPU, process', 'object requests', 'rows written', 'GB-s'],
    rows,
  )
}

function millionTable(measured: Measured): string {
  const rows = answersMeasured.map(({ kind, tokens }) => {
    const month = scaled(answerAmounts(measured, kind, tokens), MILLION)
    const model = (name: ModelName) => dollars(modelPrice(name, PROMPT_TOKENS, tokens) * MILLION)
    return [
      kind,
      count(tokens),
      dollars(listPrice(month)),
      dollars(monthOnPaidPlan(month)),
      dollars(vmsFor(measured, tokens, MILLION) * PRICES.vm.perMonth),
      model('gpt-5.4-mini'),
      model('gpt-5.5'),
    ]
  })
  return markdownTable(
    [
      'answer',
      'tokens',
      'list prices',
      'paid plan',
      `Portkey on ${PRICES.vm.name}`,
      'gpt-5.4-mini',
      'gpt-5.5',
    ],
    rows,
  )
}

function freeTable(measured: Measured): string {
  const rows = KINDS.map((kind) => {
    const { times, limit } = timesADayForFree(answerAmounts(measured, kind, 500))
    return [kind, count(longestForFree(measured, kind)), count(times), LIMITS[limit] ?? limit]
  })
  return markdownTable(
    [
      'answer',
      `longest whose JavaScript takes ${PRICES.freeCpuMs} ms, in tokens`,
      'answers of 500 tokens a day',
      'first limit',
    ],
    rows,
  )
}

const LIMITS: Readonly<Record<string, string>> = {
  requests: 'requests to the Worker',
  objectRequests: 'requests to Durable Objects',
  gbSeconds: 'GB-s of Durable Objects',
  rowsWritten: 'rows written',
  dataPoints: 'points of statistics',
}

function deploymentTable(measured: Measured): string {
  const rows = [100, 1000, 10_000, 100_000, 1_000_000].map((visitors) => {
    const model = 'gpt-5.4-mini'
    const deployment = { visitors, answers: 4, tokens: 500, promptTokens: PROMPT_TOKENS, model } as const
    const { millrace, model: price } = monthOf(measured, deployment)
    return [
      count(visitors),
      dollars(millrace),
      dollars(price),
      `${((100 * millrace) / (millrace + price)).toFixed(1)} %`,
    ]
  })
  return markdownTable(
    ['visitors a day, 4 answers each', 'paid plan, a month', 'gpt-5.4-mini', 'share of Millrace'],
    rows,
  )
}

const count = (amount: number) => Math.round(amount).toLocaleString('en')
const dollars = (amount: number) => (amount >= 100 ? `$${count(amount)}` : `$${amount.toFixed(2)}`)
