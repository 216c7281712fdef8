/** What is left of the day's tokens: a quiet line, once it isn't much. */
import type { CallerUsage } from '../../../worker/protocol/wire.ts'
import type { Strings } from '../strings/en.ts'
import { fill } from '../strings/fill.ts'
import { thousands } from '../view/speed-line.ts'
import { getJson } from './get-json.ts'

/** From here on it is worth knowing. */
const NEAR = 0.2

export interface Allowance {
  /** The same `fetch`, whose answers are looked at: each says how much is left while what it may take is put aside. */
  watch(send: typeof fetch): typeof fetch
  /** An answer has ended: asks what it took, if that may be worth knowing. */
  update(): Promise<void>
}

/** @param send for asking, at this address */
export function createAllowance(
  line: HTMLElement,
  endpoint: string,
  send: typeof fetch,
  strings: Strings,
): Allowance {
  let near = false

  function show(words: string): void {
    line.textContent = words
    line.hidden = words === ''
  }

  return {
    watch: (send) => async (input, init) => {
      const response = await send(input, init)
      const limit = Number(response.headers.get('x-ratelimit-limit-tokens') ?? 0)
      const left = Number(response.headers.get('x-ratelimit-remaining-tokens') ?? 0)
      if (limit > 0) near = left <= limit * NEAR
      return response
    },
    async update() {
      // Nothing that was told lets it be near, so nobody is asked.
      const usage = near ? await getJson<CallerUsage>(`${endpoint}/v1/usage`, send) : undefined
      show(allowanceLine(usage?.tokens, strings))
    },
  }
}

/** Empty where there is no limit, or it is far. */
export function allowanceLine(tokens: Partial<CallerUsage['tokens']> | undefined, strings: Strings): string {
  const { left, limit } = tokens ?? {}
  if (typeof left !== 'number' || typeof limit !== 'number' || left > limit * NEAR) return ''
  if (left <= 0) return strings.noTokensLeft
  const [leftWords, limitWords] = [left, limit].map((count) => thousands(count, strings))
  return fill(strings.tokensLeft, { left: leftWords ?? '', limit: limitWords ?? '' })
}
