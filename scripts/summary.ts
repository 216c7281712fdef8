/** What `npm start` prints once it is ready: where it is, who answers, who may ask, and what to try. */
import { styleText } from 'node:util'
import type { Config } from '../worker/config/config.ts'
import { version } from './version.ts'

/**
 * @param readyMs how long the start took
 * @example
 *   Millrace 0.1.0 is ready on http://127.0.0.1:8787 (2.1 s)
 *
 *     Answers     the built-in demo, which costs nothing
 *     …
 */
export function summary(config: Config, url: string, readyMs: number): string {
  const facts: [name: string, value: string][] = [
    ['Answers', answers(config)],
    ['Models', models(config)],
    ['Callers', callers(config)],
    ['Budgets', budgets(config)],
    ['Moderation', moderation(config)],
  ]
  const [ask, key] = tries(config, url)
  const rows = [...facts, ['', ''], ['Try it', ask], ...(key === undefined ? [] : [['A model', key]])]
  const lines = rows.map(([name = '', value]) => `  ${styleText('dim', name.padEnd(12))}${value}`.trimEnd())
  const head = `${styleText('bold', `Millrace ${version}`)} is ready on ${styleText(['cyan', 'underline'], url)}`
  return ['', `${head} ${styleText('dim', `(${(readyMs / 1000).toFixed(1)} s)`)}`, '', ...lines, ''].join(
    '\n',
  )
}

function answers({ upstream }: Config): string {
  return upstream.kind === 'demo'
    ? 'prepared ones, of the built-in demo: no key, no network, no cost'
    : upstream.all.map(({ baseUrl }) => new URL(baseUrl).host).join(', then ')
}

function models({ models, defaultModel, visitors, upstream }: Config): string {
  if (models !== undefined) return models.join(', ')
  if (upstream.kind === 'demo') return 'any name'
  const theirs = visitors.secret === undefined ? '' : `; for visitors ${defaultModel} alone`
  return `${defaultModel}, and any other that is named${theirs}`
}

function callers({ openAccess, upstream, accessKeys, visitors, allowedOrigins }: Config): string {
  if (openAccess || upstream.kind === 'demo') return 'everyone on this machine, without a key'
  const pages = allowedOrigins.length === 0 ? 'this page' : `this page and ${allowedOrigins.join(', ')}`
  const who = [
    ...(accessKeys.length === 0 ? [] : [`the access keys ${accessKeys.map(({ name }) => name).join(', ')}`]),
    ...(visitors.secret === undefined ? [] : [`visitors of ${pages}`]),
  ]
  return who.join('; ') || 'none yet: set ACCESS_KEYS or SESSION_SECRET'
}

function budgets({ budgets, accessKeys, visitors, upstream }: Config): string {
  const { totalTokens, keyTokens, visitorTokens } = budgets
  const limits = [
    [totalTokens, 'in all'],
    [accessKeys.length > 0 ? keyTokens : undefined, 'for each key'],
    [visitors.secret === undefined ? undefined : visitorTokens, 'for each visitor'],
  ].flatMap(([tokens, whose]) =>
    typeof tokens === 'number' ? [`${tokens.toLocaleString('en')} tokens a day ${whose}`] : [],
  )
  const none = upstream.kind === 'demo' ? 'none' : 'none: TOTAL_DAILY_TOKENS bounds what a day can cost'
  return limits.join(', ') || none
}

function moderation({ moderation: { input, output, mode } }: Config): string {
  const what = [...(input ? ['questions'] : []), ...(output ? ['answers'] : [])].join(' and ')
  if (what === '') return 'off'
  if (!output) return what
  return `${what}; answers ${mode.kind === 'hold' ? 'are shown once they have passed' : 'are taken back if they are flagged'}`
}

/** A line to paste, and how to have a model answer where none does. */
function tries({ openAccess, upstream }: Config, url: string): [ask: string, key: string | undefined] {
  const demo = upstream.kind === 'demo'
  const key = openAccess || demo ? '' : " -H 'Authorization: Bearer YOUR_ACCESS_KEY'"
  const ask = `curl -N ${url}/chat${key} -d 'Why is the sky blue?'`
  return [ask, demo ? 'OPENAI_API_KEY=sk-… npm start' : undefined]
}
