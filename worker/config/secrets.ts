/** What the configuration holds that no caller may read, wherever an upstream quotes it. */
import type { Config } from './config.ts'

export interface Secrets {
  /** Keys, and whatever else lets somebody in. */
  values: readonly string[]
  /** Names of the machines behind this Worker, without ports. */
  hosts: readonly string[]
  systemPrompt: string | undefined
}

/** An account's id in an address has this many characters; a word of a path rarely has. */
const ID_CHARS = 16

export function secretsOf({ upstream, moderation, visitors, accessKeys }: Config): Secrets {
  const { apis } = moderation
  const { turnstile, secret, systemPrompt, tools } = visitors
  const own = upstream.kind === 'openai' ? upstream.all : []
  const servers = tools.map(({ server_url: url }) => (typeof url === 'string' ? url : undefined))
  const urls = [
    ...own.map(({ baseUrl }) => baseUrl),
    ...apis.map(({ url }) => url),
    turnstile?.verifyUrl,
    ...servers,
  ].flatMap((url) => (url ? [new URL(url)] : []))
  const inUrls = urls.flatMap(({ pathname, searchParams }) => [
    ...pathname.split('/').filter((segment) => segment.length >= ID_CHARS),
    ...searchParams.values(),
  ])
  const keys = [
    ...[...own, ...apis].map(({ apiKey }) => apiKey),
    secret,
    turnstile?.secret,
    ...tools.flatMap(({ vector_store_ids: stores }) => stores as string[] | undefined),
    ...accessKeys.map(({ sha256 }) => new TextDecoder().decode(sha256)),
  ]
  return {
    values: [...new Set([...keys, ...inUrls].filter((value) => value !== undefined))].filter(Boolean),
    hosts: [...new Set(urls.map(({ hostname }) => hostname.replace(/^\[|\]$/g, '')))],
    systemPrompt,
  }
}
