/**
 * A server that speaks OpenAI's wire format. Its key is added here and, for moderations at its own origin, in
 * moderations.ts; nowhere else.
 */
import type { UpstreamConfig } from '../config/upstreams.ts'
import type { Upstream } from './upstream.ts'

export function server({ baseUrl, apiKey, ...known }: UpstreamConfig): Upstream {
  const [header, before] = known.kind.keyHeader
  // The caller's headers stay here: cookies, addresses and its key are not for the upstream.
  const headers = {
    ...(apiKey !== undefined && { [header]: before + apiKey }),
    'content-type': 'application/json',
    accept: 'text/event-stream, application/json',
    'user-agent': 'millrace',
  }
  return {
    ...known,
    host: new URL(baseUrl).host,
    call: ({ method, path, body, contentType }, signal) =>
      fetch(`${baseUrl}${path}`, {
        method,
        headers: contentType === undefined ? headers : { ...headers, 'content-type': contentType },
        ...(body && { body }),
        signal,
        // A redirect is not followed: it would carry the key to any host that the upstream names.
        redirect: 'manual',
      }),
  }
}
