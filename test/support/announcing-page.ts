/**
 * In a page: shows answers piece by piece and records their announcements. Time passes only when a test says
 * so.
 */

import { showFormula } from '../../client/render/formula/show-formula.ts'
import { createRenderer } from '../../client/render/renderer.ts'
import { createAnnouncer } from '../../client/widget/announce/announcer.ts'
import type { Clock } from '../../client/widget/announce/clock.ts'
import { createSpokenAnswer } from '../../client/widget/announce/spoken-answer.ts'
import type { SpokenWords } from '../../client/widget/announce/spoken-words.ts'
import { en } from '../../client/widget/strings/en.ts'
import { showMarkdown } from './stand-in-markdown.ts'

declare global {
  var announcing: { hear: typeof hear; hearRendered: typeof hearRendered; tellRegion: typeof tellRegion }
}

const WORDS: SpokenWords = {
  code: (language, lines) => `Code, ${language}, ${lines} lines.`,
  item: (number, sentence) => `${number}. ${sentence}`,
  task: (done, sentence) => `${done ? 'Done' : 'To do'}: ${sentence}`,
  row: (cells) => cells.join(', '),
  pause: '.',
  rest: 'The rest can be read.',
  complete: (words) => `The answer is complete: ${words} words.`,
}

/** `show`: the whole answer from then on. `wait`: milliseconds. */
export type Step = { show: string } | { wait: number } | { end: string } | 'end' | 'skip' | 'stop'

export interface Heard {
  at: number
  text: string
}

function hear(steps: Step[], options: { lang?: string; mostWaiting?: number } = {}): Heard[] {
  const answer = document.createElement('div')
  document.body.replaceChildren(answer)
  const heard: Heard[] = []
  const { clock, pass } = createTime()
  const say = (text: string) => heard.push({ at: clock.now(), text })
  const spoken = createSpokenAnswer(answer, say, WORDS, { mostWaiting: 1e9, ...options, clock })
  for (const step of steps) {
    if (step === 'end') spoken.end()
    else if (step === 'stop') spoken.stop()
    else if (step === 'skip') spoken.skip()
    else if ('end' in step) spoken.end(step.end)
    else if ('wait' in step) pass(step.wait)
    else {
      showMarkdown(answer, step.show)
      spoken.grown()
    }
  }
  return heard
}

/** What is heard of an answer that the renderer shows in these pieces, each a second after the one before. */
function hearRendered(pieces: string[], lang: string): string[] {
  const answer = document.createElement('div')
  document.body.replaceChildren(answer)
  const heard: string[] = []
  const { clock, pass } = createTime()
  const spoken = createSpokenAnswer(answer, (text) => heard.push(text), WORDS, {
    mostWaiting: 1e9,
    lang,
    clock,
  })
  const labels = {
    copy: '',
    copied: '',
    notCopied: '',
    hidden: '',
    done: '',
    open: '',
    footnotes: '',
    backToText: '',
  }
  const renderer = createRenderer(answer, { labels, createFormula })
  for (const piece of pieces) {
    renderer.write(piece)
    spoken.grown()
    pass(1000)
  }
  renderer.end()
  spoken.end()
  pass(600_000)
  return heard
}

function createFormula(source: string): HTMLElement {
  const element = document.createElement('span')
  element.className = 'formula'
  element.textContent = source
  showFormula(element, source, en)
  return element
}

/** For each step, the messages that were added to the live region, and what is left in it. */
function tellRegion(messages: string[][]): { added: string[][]; left: number; inShadow: boolean } {
  const host = document.createElement('div')
  document.body.append(host)
  const shadow = host.attachShadow({ mode: 'open' })
  const { clock, pass } = createTime()
  const announcer = createAnnouncer(clock)
  shadow.append(announcer.element)
  const observer = new MutationObserver(() => {})
  observer.observe(announcer.element, { childList: true })
  const added = messages.map((moment) => {
    for (const message of moment) announcer.say(message)
    const nodes = observer.takeRecords().flatMap((record) => [...record.addedNodes])
    pass(1000)
    observer.takeRecords()
    return nodes.map((node) => node.textContent ?? '')
  })
  return {
    added,
    left: announcer.element.childNodes.length,
    inShadow: announcer.element.getRootNode() === shadow,
  }
}

function createTime(): { clock: Clock; pass(ms: number): void } {
  let time = 0
  const timers = new Map<() => void, number>()
  const next = () => [...timers].sort(([, one], [, other]) => one - other)[0]
  return {
    clock: {
      now: () => time,
      after(ms, run) {
        const due = () => run()
        timers.set(due, time + ms)
        return () => timers.delete(due)
      },
    },
    pass(ms) {
      const end = time + ms
      for (let first = next(); first && first[1] <= end; first = next()) {
        const [run, at] = first
        timers.delete(run)
        time = Math.max(time, at)
        run()
      }
      time = end
    },
  }
}

globalThis.announcing = { hear, hearRendered, tellRegion }
