/** What is left of the day's tokens: a quiet line, once it isn't much. */
import type { CallerUsage } from '../../worker/wire.ts'
import { getJson } from './get-json.ts'
import { thousands } from './speed-line.ts'

/** From here on it is worth knowing. */
const NEAR = 0.2

export interface Allowance {
  /** The same `fetch`, whose answers are looked at: each says how much is left while what it may take is put aside. */
  watch(send: typeof fetch): typeof fetch
  /** An answer has ended: asks what it took, if that may be worth knowing. */
  update(): Promise<void>
}

/** @param send for asking */
export function createAllowance(line: HTMLElement, send: typeof fetch): Allowance {
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
      show(near ? allowanceLine((await getJson<CallerUsage>('/v1/usage', send))?.tokens) : '')
    },
  }
}

/** Empty where there is no limit, or it is far. */
export function allowanceLine(tokens: Partial<CallerUsage['tokens']> | undefined): string {
  const { left, limit } = tokens ?? {}
  if (typeof left !== 'number' || typeof limit !== 'number' || left > limit * NEAR) return ''
  return left > 0 ? `${thousands(left)} of ${thousands(limit)} tokens left today` : 'No tokens left today'
}
