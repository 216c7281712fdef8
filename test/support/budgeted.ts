/** Callers with a budget: how one asks, what is logged, and what is settled. */
import { expect } from 'vitest'
import { keys, type Sent } from './gate.ts'
import type { Millrace } from './millrace.ts'
import { settledUsage } from './settled-usage.ts'
import { WAYS, type Way } from './ways.ts'

/** What an upstream that is silent for a second costs. */
export const A_SECOND = 100

/** @returns the settings for as many callers, and a function for the next of them */
export function budgeted(count: number) {
  const { ACCESS_KEYS, newCaller } = keys(count)
  return {
    vars: {
      ACCESS_KEYS,
      OPEN_ACCESS: 'false',
      KEY_DAILY_TOKENS: '1000000',
      UNSEEN_TOKENS_PER_SECOND: String(A_SECOND),
    },
    newCaller,
  }
}

/** One call to its end. */
export async function read(url: string, way: Way, model: string, caller: Sent) {
  const bound = way.isResponse ? { max_output_tokens: 1000 } : { max_tokens: 1000 }
  const began = performance.now()
  const response = await way.ask(url, { model, ...bound }, caller)
  const { status, headers } = response
  const text = await response.text()
  return {
    status,
    headers,
    text,
    /** All that the caller sees. */
    all: text + JSON.stringify([...headers]),
    upstream: headers.get('x-millrace-upstream'),
    ms: performance.now() - began,
  }
}

export const STREAMED = WAYS['a chat, streamed'] as Way
export const WHOLE = WAYS['a chat, whole'] as Way

export const servedBy = async (url: string, model: string, caller: Sent) =>
  (await read(url, STREAMED, model, caller)).upstream

/** The log's lines of a model's calls, once there are `count`. */
export async function linesOf(logs: Millrace['logs'], model: string, count: number) {
  const lines = () => logs.filter((line) => line.model === model && line.total_ms !== undefined)
  await expect.poll(() => lines().length).toBe(count)
  return lines()
}

/** What the caller's calls have cost, once all are settled. */
export const spent = async (url: string, caller: Sent) => (await settledUsage(url, caller)).tokens.used
