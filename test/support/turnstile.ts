/** Stand-ins for Turnstile's script and its verdict, after Cloudflare's documentation. */
import { TURNSTILE_ACTION } from '../../worker/protocol/wire.ts'
import { json } from './scripts.ts'
import type { Call, Upstream } from './upstream.ts'

export const CHALLENGES = 'https://challenges.cloudflare.com'
export const SITE_KEY = '1x00000000000000000000AA'

/** Settings with which a Worker asks this upstream for verdicts. */
export const turnstileVars = (upstream: Pick<Upstream, 'url'>) => ({
  TURNSTILE_SITE_KEY: SITE_KEY,
  TURNSTILE_SECRET: 'the secret',
  TURNSTILE_VERIFY_URL: `${upstream.url}/siteverify`,
})

export const isVerdict = ({ path }: Call) => path === '/siteverify'

/** Each token is valid once. */
export function verify(upstream: Upstream): void {
  const used = new Set<unknown>()
  upstream.when((call) => {
    if (!isVerdict(call)) return undefined
    const { response } = call.request
    const success = String(response).startsWith('solved') && !used.has(response)
    used.add(response)
    return json({
      success,
      ...(success
        ? { hostname: '127.0.0.1', action: TURNSTILE_ACTION }
        : { 'error-codes': ['invalid-input-response'] }),
    })
  })
}

/** The challenge: a button. `window.rendered` has the options of each widget. */
export const BUTTON = `
  let made = 0
  globalThis.rendered = []
  globalThis.turnstile = {
    render(place, options) {
      rendered.push({ sitekey: options.sitekey, action: options.action })
      const button = globalThis.challenge = document.createElement('button')
      button.textContent = 'I am a person'
      button.addEventListener('click', () => options.callback('solved ' + ++made))
      place.append(button)
      return 'widget-' + rendered.length
    },
    remove() { challenge.remove() },
  }`
