/**
 * Which of an answer's items may go out. Items come in order and go out in order; their texts are judged in windows, each of
 * which begins before the end of the last. Pure: it makes no call and knows no clock.
 *
 * Why a phrase [s, e) of a text with e - s ≤ `phrase` isn't begun to be shown before it was judged whole: an item goes out
 * once `phrase` characters after it have passed, or all there will be. So the item with s is held until some window that
 * reached e has passed; and the first one that reached it had the phrase in one piece, in its new text or across the seam,
 * since its context is no shorter than `phrase`.
 */
import type { TextPiece } from '../formats/answer-format.ts'
import type { WindowSizes } from '../limits.ts'

/** What of an event concerns its judging. */
export interface JudgedEvent {
  texts: readonly TextPiece[]
  /** The choices that say with this event that they are whole. */
  finished: readonly number[]
  /** Whether it is the answer's end: no reader reads past it. */
  ends: boolean
}

export interface Windows<T> {
  /** @param size of what is held for this item: characters of its data */
  add(item: T, event: JudgedEvent, size: number, now: number): void
  /** Nothing more comes. */
  close(): void
  /** The texts of the window that closes now; or how long until one does; `undefined` where only more text can close one. */
  next(now: number): { texts: string[] } | { wait: number } | undefined
  /** The texts that `next` gave last have passed. */
  pass(): void
  /** The items that may go out now. */
  take(): T[]
  /** Whether more may come: what is held has a bound. */
  readonly room: boolean
  /** Whether all has passed and gone out, and nothing more comes. */
  readonly over: boolean
  /** What went out and has not passed: to be withdrawn, if it never does. */
  ahead(): Ahead
  /** The choices that have begun, and have not been seen to end by whoever reads what went out. */
  open(): number[]
}

export interface Ahead {
  /** The last so many of the items that went out. */
  items: number
  /** By choice, how many characters at the end of its content; `undefined` where no text went out ahead. */
  chars: Record<string, number> | undefined
}

interface Choice {
  index: number
  /** Characters of all its texts. */
  came: number
  /** It has said that it is whole. */
  finished: boolean
  /** That it is whole has gone out. */
  closed: boolean
}

/** One running text of a choice: its content, its reasoning, the arguments of a tool call. */
interface Text {
  choice: Choice
  /** How much of it came, and how much has passed. */
  came: number
  passed: number
  /** Where its choice was when it last went on. */
  at: number
  /** The end of what passed; what is being judged; what came since. */
  context: string
  asked: string
  fresh: string
}

interface Entry<T> {
  item: T
  size: number
  /** Where it ends in each text that it adds to. */
  ends: Map<Text, number>
  /** Of all its text, and at least one, so that what goes out ahead has a bound in items too; and of what of it is a choice's content. */
  chars: number
  content: Map<Choice, number>
  finished: readonly Choice[]
  /** It tells the end of the answer, or of one of its choices, which isn't known before all has passed. */
  tellsEnd: boolean
}

/** @param lead how many characters may go out before they have passed: none, and all text is held until then */
export function createWindows<T>(sizes: WindowSizes, lead = 0): Windows<T> {
  const choices = new Map<number, Choice>()
  const texts = new Map<string, Text>()
  /** What has not passed. The first `sent` of them, `lent` characters, have gone out all the same. */
  const queue: Entry<T>[] = []
  let sent = 0
  let lent = 0
  let held = 0
  /** Characters that came since the last window closed, and when the first of them did. */
  let fresh = 0
  let since = 0
  let closed = false
  let { chars, ms } = sizes.first

  const full = () => held >= sizes.held

  function choiceOf(index: number): Choice {
    const choice = choices.get(index) ?? { index, came: 0, finished: false, closed: false }
    choices.set(index, choice)
    return choice
  }

  function hear({ choice: index, key, text: more }: TextPiece): Text {
    const choice = choiceOf(index)
    const id = `${index}:${key}`
    const text = texts.get(id) ?? { choice, came: 0, passed: 0, at: 0, context: '', asked: '', fresh: '' }
    texts.set(id, text)
    choice.finished = false
    choice.came += more.length
    text.at = choice.came
    text.came += more.length
    text.fresh += more
    return text
  }

  /** Whether nothing follows that the end of this text could be the beginning of: or nothing that can be waited for. */
  function isOver({ choice, at }: Text): boolean {
    // Content comes after reasoning, and one tool call after the other: whoever is interrupted for that long has ended.
    const interrupted = choice.came - at >= sizes.phrase && choice.came > at
    return closed || choice.finished || interrupted || full()
  }

  /** Whether an entry may go out when its texts have passed as far as `reached` says. */
  function clears({ ends }: Entry<T>, reached: (text: Text) => number): boolean {
    for (const [text, end] of ends) {
      const after = end + sizes.phrase
      if (reached(text) < (isOver(text) ? Math.min(after, text.came) : after)) return false
    }
    return true
  }

  /** Whether the next entry would go out if all that came passed: no window is of use before. */
  function isUseful(): boolean {
    const [next] = queue
    return next !== undefined && clears(next, ({ came }) => came)
  }

  /** Whether something that is to be judged goes on. */
  const goesOn = () => [...texts.values()].some(({ fresh, choice }) => fresh !== '' && !choice.finished)

  /** What fills a window. Where text goes out ahead, no more than half of that, so that the rest flows while the half is judged. */
  const enough = () => (lead === 0 ? chars : Math.min(chars, Math.max(1, (lead - sizes.phrase) / 2)))

  return {
    add(item, { texts: pieces, finished, ends: tellsEnd }, size, now) {
      const ends: Entry<T>['ends'] = new Map()
      const content: Entry<T>['content'] = new Map()
      let length = 0
      for (const one of pieces) {
        const text = hear(one)
        ends.set(text, text.came)
        if (one.kind === 'content' && !one.repeats) {
          content.set(text.choice, (content.get(text.choice) ?? 0) + one.text.length)
        }
        length += one.text.length
      }
      const whole = finished.map(choiceOf)
      for (const choice of whole) choice.finished = true
      if (fresh === 0) since = now
      fresh += length
      held += size
      queue.push({
        item,
        size,
        ends,
        chars: Math.max(1, length),
        content,
        finished: whole,
        tellsEnd: tellsEnd || whole.length > 0,
      })
    },
    close() {
      closed = true
    },
    next(now) {
      if (fresh === 0) return undefined
      if (!closed && !full() && goesOn()) {
        // What went out ahead is to be judged soon, come more or not; what is held gains nothing by it.
        if (lead === 0 && !isUseful()) return undefined
        const wait = since + ms - now
        if (fresh < enough() && wait > 0) return { wait }
      }
      fresh = 0
      const window: string[] = []
      for (const text of texts.values()) {
        if (text.fresh === '') continue
        // Cut anywhere, also inside a character of two code units.
        window.push((text.context + text.fresh).toWellFormed())
        text.asked = text.fresh
        text.fresh = ''
      }
      return { texts: window }
    },
    pass() {
      for (const text of texts.values()) {
        text.passed += text.asked.length
        const passed = text.context + text.asked
        text.context = passed.slice(Math.max(0, passed.length - sizes.context))
        text.asked = ''
      }
      chars = Math.min(chars * 2, sizes.last.chars)
      ms = Math.min(ms * 2, sizes.last.ms)
    },
    take() {
      const items: T[] = []
      const send = (entry: Entry<T>) => {
        items.push(entry.item)
        held -= entry.size
        for (const choice of entry.finished) choice.closed = true
      }
      for (let [next] = queue; next !== undefined && clears(next, ({ passed }) => passed); [next] = queue) {
        queue.shift()
        if (sent === 0) send(next)
        else {
          sent--
          lent -= next.chars
        }
      }
      for (let next = queue[sent]; lead > 0 && next !== undefined; next = queue[sent]) {
        if (next.tellsEnd || lent + next.chars > lead) break
        sent++
        lent += next.chars
        send(next)
      }
      return items
    },
    get room() {
      return !full()
    },
    get over() {
      return closed && queue.length === 0
    },
    ahead() {
      const counts = new Map<number, number>()
      const count = ({ index }: Choice, more: number) => counts.set(index, (counts.get(index) ?? 0) + more)
      for (const { ends, content } of queue.slice(0, sent)) {
        for (const { choice } of ends.keys()) count(choice, 0)
        for (const [choice, length] of content) count(choice, length)
      }
      return { items: sent, chars: counts.size === 0 ? undefined : Object.fromEntries(counts) }
    },
    open: () => [...choices.values()].filter((choice) => !choice.closed).map(({ index }) => index),
  }
}
