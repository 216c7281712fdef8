/**
 * What runs in a preview's window before its code. Both functions are sent as text, so they use nothing of
 * this module.
 */

/**
 * [spec] Trusted Types: a window with this policy asks it about each text that would become markup or a
 * script.
 */
export interface TrustedTypesWindow {
  trustedTypes?: { createPolicy(name: 'default', rules: Record<string, TextRule>): unknown }
}
type TextRule = (text: string, type: string, sink: string) => string

/**
 * Frames inside of a preview would be windows that nothing has prepared. Their tags become tags without a
 * meaning.
 *
 * @param html markup, or a script with markup in it
 */
export function withoutFrames(html: string): string {
  return html.replace(/<(\/?)(?=(?:i?frame|frameset|object|embed|fencedframe)\b)/gi, '<$1x-')
}

/**
 * Tells what the console is told, and the height of the page. Takes away the connections that no policy of
 * a document speaks of: those of WebRTC, and windows in which they are still there.
 */
export function prepare(clean: (html: string) => string): void {
  const { parent, document } = window
  const tell = (kind: 'out' | 'error', ...said: unknown[]) => {
    const text = `${said.map(inWords).join(' ')}\n`
    parent.postMessage({ type: 'text', kind, text }, '*')
  }

  function inWords(value: unknown): string {
    if (typeof value === 'string') return value
    if (value instanceof Error) return String(value)
    try {
      return JSON.stringify(value) ?? String(value)
    } catch {
      return String(value)
    }
  }

  for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel']) {
    Reflect.deleteProperty(window, name)
  }
  // All markup that a script writes passes here. Where browsers have no such policies, it doesn't.
  const { trustedTypes } = window as TrustedTypesWindow
  trustedTypes?.createPolicy('default', {
    createHTML: (html, _type, sink) => (/srcdoc/i.test(sink) ? '' : clean(html)),
    createScript: (script) => script,
    createScriptURL: (url) => url,
  })

  const { console } = window
  for (const [name, kind] of [
    ['log', 'out'],
    ['info', 'out'],
    ['debug', 'out'],
    ['warn', 'error'],
    ['error', 'error'],
  ] as const) {
    const own = console[name].bind(console)
    console[name] = (...said: unknown[]) => {
      own(...said)
      tell(kind, ...said)
    }
  }
  addEventListener('error', ({ message, lineno }) =>
    tell('error', lineno > 0 ? `${message} (${lineno})` : message),
  )
  addEventListener('unhandledrejection', ({ reason }) => tell('error', reason))
  addEventListener('load', () => {
    const measure = () =>
      parent.postMessage({ type: 'height', height: document.documentElement.offsetHeight }, '*')
    new ResizeObserver(measure).observe(document.documentElement)
  })
}
