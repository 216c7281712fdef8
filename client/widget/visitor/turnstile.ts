/**
 * Has the visitor solve Turnstile's challenge. This module and Cloudflare's script are loaded only if the
 * server asks for one.
 */
import { TURNSTILE_ACTION } from '../../../worker/protocol/wire.ts'
import { clientError } from '../../stream/chat-error.ts'
import { scriptUrl } from './trusted-types.ts'

const SCRIPT = 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit'

/** Time for a person to solve a challenge with pictures. */
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

/** Kept, because a policy can be created only once. */
let url: string | URL | undefined
let loading: Promise<Turnstile> | undefined

/**
 * @param place the element for the challenge, shown only if the visitor has to act
 * @returns the token, valid once within five minutes
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
        // Handled: keeps Turnstile from logging the error too.
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
    // DOM types allow only strings, but the page's policy needs the trusted object.
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
