/** OpenAI, or any server that speaks its wire format. The key is added here and nowhere else. */
import type { Upstream } from './upstream.ts'

/** @param baseUrl with the version and without a slash at its end: `https://api.openai.com/v1` */
export function openai({ baseUrl, apiKey }: { baseUrl: string; apiKey: string }): Upstream {
  // None of the caller's headers go along: cookies, addresses and its own key are not the upstream's business.
  const headers = {
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
    accept: 'text/event-stream, application/json',
    'user-agent': 'millrace',
  }
  return {
    chat: (body, signal) =>
      // A redirect would carry the key to whoever the upstream names, so none is followed.
      fetch(`${baseUrl}/chat/completions`, { method: 'POST', headers, body, signal, redirect: 'manual' }),
    models: (signal, id) => {
      // Encoded, so that an id with slashes or dots can't name another path of the upstream's.
      const path = id === undefined ? 'models' : `models/${encodeURIComponent(id)}`
      return fetch(`${baseUrl}/${path}`, { headers, signal, redirect: 'manual' })
    },
  }
}
