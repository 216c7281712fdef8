/**
 * OpenAI, or any server that speaks its wire format. The key is added here and, for moderations at the
 * upstream's own origin, in moderations.ts; nowhere else.
 */
import type { Upstream } from './upstream.ts'

/** @param baseUrl with the version and without a slash at its end: `https://api.openai.com/v1` */
export function openai({ baseUrl, apiKey }: { baseUrl: string; apiKey: string }): Upstream {
  // The caller's headers stay here: cookies, addresses and its key are not for the upstream.
  const headers = {
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
    accept: 'text/event-stream, application/json',
    'user-agent': 'millrace',
  }
  return {
    host: new URL(baseUrl).host,
    ask: (path, body, signal) =>
      // A redirect is not followed: it would carry the key to any host that the upstream names.
      fetch(`${baseUrl}${path}`, { method: 'POST', headers, body, signal, redirect: 'manual' }),
    call: ({ method, path, body }, signal) =>
      fetch(`${baseUrl}${path}`, { method, headers, ...(body && { body }), signal, redirect: 'manual' }),
  }
}
