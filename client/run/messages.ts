/**
 * What a page, the frame at `/run/` and the code in it say to each other. The page and the frame speak over
 * one `MessagePort`. Whatever comes out of a frame may have been written by the code that ran in it: it is
 * read here, once, into these types.
 */

export type Kind = 'python' | 'javascript' | 'html'

/** Posted to the frame's window, with the port. */
export const HELLO = 'millrace-run'

/** Page → frame. */
export type Order = Start | { type: 'stop' }

export interface Start {
  type: 'start'
  kind: Kind
  code: string
  words: RunWords
  look: Look
}

/** How the output looks, as the text around it. */
export interface Look {
  dark: boolean
  direction: 'ltr' | 'rtl'
  language: string
  /** Font families, and sizes in CSS pixels. */
  font: string
  mono: string
  size: number
  ink: string
  accent: string
}

/** Frame → page. */
export type Report = { type: 'ready' } | { type: 'height'; height: number } | { type: 'ended' }

/** Worker → frame. */
export type News =
  /** The bytes that are loaded, of all that are to be. */
  | { type: 'loading'; loaded: number; total: number; megabytes: number }
  /** The code begins now. */
  | { type: 'started' }
  | { type: 'text'; kind: 'out' | 'error'; text: string }
  | { type: 'picture'; png: ArrayBuffer; title: string }
  /** `missing`: the module that wasn't found, and the command by which the owner can bring it. */
  | { type: 'ended'; missing?: { module: string; command: string } }
  | { type: 'failed' }

/** The texts of the frame, in the reader's language. */
export interface RunWords {
  loading: string
  running: string
  stopped: string
  tooLong: string
  tooMuch: string
  brokeOff: string
  notLoaded: string
  notInstalled: string
  ended: string
  noOutput: string
  figure: string
  preview: string
}

export function readReport(data: unknown): Report | undefined {
  const { type, height } = (data ?? {}) as Record<string, unknown>
  if (type === 'ready' || type === 'ended') return { type }
  if (type === 'height' && typeof height === 'number' && Number.isFinite(height)) return { type, height }
  return undefined
}

export function readNews(data: unknown): News | undefined {
  const news = (data ?? {}) as Record<string, unknown>
  const { type, kind, text, png, title } = news
  const numbers = [news.loaded, news.total, news.megabytes]
  if (type === 'started' || type === 'failed') return { type }
  if (type === 'loading' && numbers.every(Number.isFinite)) {
    const [loaded = 0, total = 0, megabytes = 0] = numbers.map(Number)
    return { type, loaded, total, megabytes }
  }
  if (type === 'text' && typeof text === 'string') {
    return { type, kind: kind === 'error' ? 'error' : 'out', text }
  }
  if (type === 'picture' && png instanceof ArrayBuffer && typeof title === 'string')
    return { type, png, title }
  if (type === 'ended') {
    const { module, command } = (news.missing ?? {}) as Record<string, unknown>
    if (typeof module !== 'string' || typeof command !== 'string') return { type }
    return { type, missing: { module, command } }
  }
  return undefined
}

/** Preview → frame. */
export type Said = { type: 'text'; kind: 'out' | 'error'; text: string } | { type: 'height'; height: number }

export function readPreview(data: unknown): Said | undefined {
  const news = readNews(data)
  const report = readReport(data)
  if (news?.type === 'text') return news
  return report?.type === 'height' ? report : undefined
}
