/** Has the visitor solve Turnstile's challenge. Loaded only where the server asks for it, and Cloudflare's script with it. */
import { TURNSTILE_ACTION } from '../../../worker/protocol/wire.ts'
import { clientError } from '../../stream/chat-error.ts'
import { scriptUrl } from './trusted-types.ts'

const SCRIPT = 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit'

/** A person may have to look for bicycles. */
const SOLVED_MS = 5 * 60_000

/** Source: Cloudflare, "Turnstile: Widget configurations". */
interface Turnstile {
  render(
    place: HTMLElement,
    options: {
      sitekey: string
      action: string
      appearance: 'interaction-only'
      callback(token: string): void
      'error-callback'(code: string): boolean
      'timeout-callback'(): void
      'unsupported-callback'(): void
    },
  ): string
  remove(widget: string): void
}

/** Made once: a policy of one name can't be made again. */
let url: string | URL | undefined
let loading: Promise<Turnstile> | undefined

/**
 * @param place where the challenge stands; seen only if there is something to do
 * @returns the widget's token, good for five minutes and once
 * @throws {ChatError} `challenge_failed`
 */
export async function solveChallenge(siteKey: string, place: HTMLElement): Promise<string> {
  loading ??= load()
  const turnstile = await loading.catch((error) => {
    loading = undefined
    throw error
  })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const fail = (why: string) => reject(failed(why))
  place.hidden = false
  const late = setTimeout(() => fail('It was not solved in time.'), SOLVED_MS)
  let widget: string | undefined
  try {
    widget = turnstile.render(place, {
      sitekey: siteKey,
      action: TURNSTILE_ACTION,
      appearance: 'interaction-only',
      callback: resolve,
      'error-callback'(code) {
        fail(`Turnstile says ${code}.`)
        // It is told here: Turnstile need not log it too.
        return true
      },
      'timeout-callback': () => fail('It was not solved in time.'),
      'unsupported-callback': () => fail('This browser is not supported.'),
    })
    return await promise
  } finally {
    clearTimeout(late)
    if (widget !== undefined) turnstile.remove(widget)
    place.hidden = true
  }
}

function load(): Promise<Turnstile> {
  return new Promise((resolve, reject) => {
    try {
      url ??= scriptUrl('millrace-turnstile', SCRIPT)
    } catch {
      return reject(failed('This page’s policy does not let its script in.'))
    }
    const script = document.createElement('script')
    // The type knows text alone; the page's policy takes nothing but what `scriptUrl` made.
    script.src = url as string
    script.addEventListener('load', () => {
      const { turnstile } = globalThis as { turnstile?: Turnstile }
      if (turnstile) resolve(turnstile)
      else reject(failed('Its script is not what it should be.'))
    })
    script.addEventListener('error', () => {
      script.remove()
      reject(failed('Its script could not be loaded.'))
    })
    document.head.append(script)
  })
}

const failed = (why: string) => clientError('challenge_failed', `The challenge failed. ${why}`)
