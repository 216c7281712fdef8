/** A caller: what it presents, and as whom it is known. */

/** For logs and budgets: how the caller was let in. */
export type Caller = 'demo' | 'open' | `key:${string}` | `visitor:${string}`

/** What a caller presents: an access key, or a visitor's token. */
export function bearerOf(headers: Headers): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(headers.get('authorization') ?? '')?.[1]
}
