/**
 * List prices, in US dollars, read on 2026-11-30. A price that changed is changed here, and `npm run cost`
 * says what it does.
 */
export const PRICES = {
  date: '2026-11-30',

  /**
   * Cloudflare, "Workers: Pricing" and "Durable Objects: Pricing". What the paid plan includes is a month's;
   * what the free plan allows is a day's.
   */
  cloudflare: {
    paidPlan: 5,
    requests: { perMillion: 0.3, included: 10e6, freeADay: 100_000 },
    cpuMs: { perMillion: 0.02, included: 30e6 },
    objectRequests: { perMillion: 0.15, included: 1e6, freeADay: 100_000 },
    gbSeconds: { perMillion: 12.5, included: 400_000, freeADay: 13_000 },
    rowsWritten: { perMillion: 1, included: 50e6, freeADay: 100_000 },
    /** Points of the statistics (Workers Analytics Engine), where a dataset is bound. */
    dataPoints: { perMillion: 0.25, included: 10e6, freeADay: 100_000 },
  },
  /** CPU time that the free plan allows one request, in milliseconds. */
  freeCpuMs: 10,
  /** An object is billed as this much memory, whatever it uses. */
  objectGb: 0.128,

  /** Hetzner's CX23, with its address: 2 shared cores, 4 GB. 3.99 EUR. */
  vm: { name: 'a VM of 2 cores', perMonth: 4.6, cores: 2 },

  /** OpenAI, for each million tokens. */
  models: {
    'gpt-5.4-mini': { prompt: 0.75, completion: 4.5 },
    'gpt-5.4': { prompt: 2.5, completion: 15 },
    'gpt-5.5': { prompt: 5, completion: 30 },
  },
} as const

export type ModelName = keyof typeof PRICES.models
