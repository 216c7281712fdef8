/** Says that the day's limit is near, or reached. */
import type { CallerUsage } from '../../../worker/protocol/wire.ts'
import type { Strings } from '../strings/en.ts'
import { getJson } from './get-json.ts'

/** The share of tokens left from which on the limit is near. */
const NEAR = 0.2

export interface Allowance {
  /**
   * Wraps `fetch` to read the rate limit headers of each response, which exclude the tokens reserved for its
   * answer.
   */
  watch(send: typeof fetch): typeof fetch
  /** Called when an answer has ended: asks for the usage, if little may be left. */
  update(): Promise<void>
}

/** @param send calls the Worker at `endpoint` */
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
      // Far from the limit, no request is made.
      const usage = near ? await getJson<CallerUsage>(`${endpoint}/v1/usage`, send) : undefined
      show(allowanceLine(usage?.tokens, strings))
    },
  }
}

/** Empty if there is no limit, or if much is left. */
export function allowanceLine(tokens: Partial<CallerUsage['tokens']> | undefined, strings: Strings): string {
  const { left, limit } = tokens ?? {}
  if (typeof left !== 'number' || typeof limit !== 'number' || left > limit * NEAR) return ''
  return left <= 0 ? strings.dayOver : strings.nearLimit
}
