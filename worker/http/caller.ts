/**
 * What a request presents, and the name under which its caller is known. It imports nothing: access.ts needs
 * the Worker's types.
 */

/** For logs and budgets: how the caller was let in. */
export type CallerId = 'demo' | 'open' | `key:${string}` | `visitor:${string}`

/** @param caller a `CallerId`, or the name of a caller's object */
export const isVisitor = (caller: string): boolean => caller.startsWith('visitor:')

/** @returns an access key, or a visitor's token */
export function bearerOf(headers: Headers): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(headers.get('authorization') ?? '')?.[1]
}
