/** The limit: what a Worker costs that only returns the upstream's body. */
export default {
  fetch: ({ method, headers, body }: Request, env: { UPSTREAM: string }) =>
    fetch(`${env.UPSTREAM}/chat/completions`, method === 'POST' ? { method, headers, body } : {}),
}
