/**
 * The page's side of a run: a frame below the code, and a port to it. The frame gets the code, the words
 * and the look of its output, and nothing of the conversation: no address, no token, no key.
 */
import { HELLO, type Kind, type Look, type Order, type RunWords, readReport } from './messages.ts'

export interface RunOptions {
  /** The Worker's address, without a slash at its end. */
  endpoint: string
  kind: Kind
  code: string
  /** The frame's name for screen readers. */
  title: string
  words: RunWords
  language: string
  /** Called once, when nothing runs any more. */
  ended(): void
}

export interface Run {
  readonly isRunning: boolean
  /** Ends it at once. What it has shown stays. */
  stop(): void
  remove(): void
}

/** What a frame may take of the page: no more than its own text and pictures can. */
const MAX_HEIGHT = 20_000
/** Its script has been fetched by the time that the frame is loaded. */
const READY_MS = 5_000
/**
 * A frame whose code keeps it busy can't end it. It is then removed, with its output: a slow machine must
 * have the time to keep that.
 */
const STOP_MS = 2_000

/** @param place where the output is shown: empty, and in the page */
export function runCode(place: HTMLElement, options: RunOptions): Run {
  const { endpoint, kind, code, title, words, language } = options
  const frame = document.createElement('iframe')
  const { port1: port, port2 } = new MessageChannel()
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false

  const order = (order: Order) => port.postMessage(order)

  function end(): void {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    options.ended()
  }

  function giveUp(said: string): void {
    if (isOver) return
    const line = document.createElement('p')
    line.textContent = said
    line.role = 'status'
    place.replaceChildren(line)
    end()
  }

  port.onmessage = ({ data }) => {
    const report = readReport(data)
    if (report?.type === 'ready') {
      clearTimeout(timer)
      order({ type: 'start', kind, code, words, look: lookOf(place, language) })
    } else if (report?.type === 'height') {
      frame.style.height = `${Math.min(Math.max(report.height, 0), MAX_HEIGHT)}px`
    } else if (report?.type === 'ended') end()
  }
  frame.setAttribute('sandbox', 'allow-scripts')
  frame.referrerPolicy = 'no-referrer'
  frame.title = title
  frame.src = `${endpoint}/run/${kind === 'python' ? '' : 'preview/'}`
  frame.addEventListener(
    'load',
    () => {
      // Its origin is an opaque one, which can't be named. Who else could get the port is a document
      // without it.
      frame.contentWindow?.postMessage(HELLO, '*', [port2])
      timer = setTimeout(() => giveUp(words.notLoaded), READY_MS)
    },
    { once: true },
  )
  place.replaceChildren(frame)

  return {
    get isRunning() {
      return !isOver
    },
    stop() {
      order({ type: 'stop' })
      clearTimeout(timer)
      timer = setTimeout(() => giveUp(words.stopped), STOP_MS)
    },
    remove() {
      port.close()
      place.replaceChildren()
      end()
    },
  }
}

/** Of the text around the frame. */
function lookOf(place: HTMLElement, language: string): Look {
  const { color, fontFamily, fontSize, direction } = getComputedStyle(place)
  const probe = document.createElement('span')
  probe.style.color = 'light-dark(rgb(0, 0, 0), rgb(255, 255, 255))'
  place.append(probe)
  const dark = getComputedStyle(probe).color !== 'rgb(0, 0, 0)'
  // A custom property may be written by `light-dark()`, too: as a colour it is resolved.
  probe.style.color = 'var(--markdown-link)'
  const accent = getComputedStyle(probe).color
  probe.style.fontFamily = 'var(--markdown-mono)'
  const mono = getComputedStyle(probe).fontFamily
  probe.remove()
  return {
    dark,
    direction: direction === 'rtl' ? 'rtl' : 'ltr',
    language,
    font: fontFamily,
    mono,
    size: Number.parseFloat(fontSize),
    ink: color,
    accent,
  }
}
