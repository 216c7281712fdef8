/**
 * `npm run cost`: what a deployment costs a month, from measured work (scripts/cost/measured.json) and list
 * prices (scripts/cost/prices.ts).
 *
 * @example npm run cost -- --visitors 10000 --answers 4
 * @example npm run cost -- --visitors 200 --answers 10 --tokens 800 --prompt 2000 --model gpt-5.4
 */
import { parseArgs } from 'node:util'
import { type Measured, readMeasured } from './cost/measured.ts'
import { type Amounts, type Deployment, monthOf } from './cost/model.ts'
import { type ModelName, PRICES } from './cost/prices.ts'

const UNITS: Readonly<Record<keyof Amounts, string>> = {
  requests: 'requests to the Worker',
  cpuMs: 'ms of CPU time',
  objectRequests: 'requests to Durable Objects',
  gbSeconds: 'GB-s of Durable Objects',
  rowsWritten: 'rows written',
  dataPoints: 'points of statistics, if a dataset is bound',
}

/** @throws {TypeError} with the option's name and form, if one is wrong */
export function deploymentOf(args: readonly string[]): Deployment {
  const option = (fallback: string) => ({ type: 'string', default: fallback }) as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      visitors: option('1000'),
      answers: option('4'),
      tokens: option('500'),
      prompt: option('1000'),
      model: option('gpt-5.4-mini'),
    },
  })
  const number = (name: 'visitors' | 'answers' | 'tokens' | 'prompt'): number => {
    if (!/^\d{1,9}$/.test(values[name])) throw new TypeError(`--${name} takes a whole number.`)
    return Number(values[name])
  }
  if (!Object.hasOwn(PRICES.models, values.model)) {
    throw new TypeError(`--model takes one of ${Object.keys(PRICES.models).join(', ')}.`)
  }
  return {
    visitors: number('visitors'),
    answers: number('answers'),
    tokens: number('tokens'),
    promptTokens: number('prompt'),
    model: values.model as ModelName,
  }
}

export function report(measured: Measured, deployment: Deployment): string {
  const { visitors, answers, tokens, promptTokens, model } = deployment
  const { amounts, millrace, model: forModel, free } = monthOf(measured, deployment)
  const whole = (amount: number) => Math.round(amount).toLocaleString('en')
  const names = Object.keys(amounts) as (keyof Amounts)[]
  const parts = names.map((name) => `${whole(amounts[name]).padStart(16)}  ${UNITS[name]}`)
  return [
    `${whole(visitors)} visitors a day, ${answers} answers each of ${tokens} tokens, kept for a reader who reconnects.`,
    `List prices of ${PRICES.date}; work measured on ${measured.machine.date.slice(0, 10)}.`,
    '',
    'In a month of 30 days:',
    ...parts,
    '',
    `Cloudflare's paid plan:  $${millrace.toFixed(2)} a month`,
    `${model}, ${promptTokens} prompt tokens a question:  $${forModel.toFixed(2)} a month`,
    `The free plan holds ${whole(free.visitors)} such visitors a day (first limit: ${UNITS[free.limit as keyof Amounts]}).`,
  ].join('\n')
}

if (import.meta.main) {
  try {
    console.log(report(readMeasured(), deploymentOf(process.argv.slice(2))))
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
