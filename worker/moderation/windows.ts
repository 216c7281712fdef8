/**
 * Decides which of an answer's items may be released. Items come and go in order; their texts are judged in
 * windows, and each window starts before the end of the previous one. Pure: it makes no call and knows no
 * clock.
 *
 * Why no part of a phrase [s, e) with e - s ≤ `phrase` is shown before the phrase was judged whole: an item
 * is released once the `phrase` characters after it have passed, or all there will be. So the item that
 * contains s is held until a window that reached e has passed. The first window that reached e had the whole
 * phrase, in its new text or together with its context, since the context is at least as long as `phrase`.
 */
import type { TextPiece } from '../formats/answer-format.ts'
import type { WindowSizes } from '../limits.ts'

/** The parts of an event that judging needs. */
export interface JudgedEvent {
  texts: readonly TextPiece[]
  /** The choices that this event ends. */
  finished: readonly number[]
  /** Whether it is the answer's end: readers stop at it. */
  ends: boolean
}

export interface Windows<T> {
  /** @param size of the held item: characters of its data */
  add(item: T, event: JudgedEvent, size: number, now: number): void
  /** Ends the input. */
  close(): void
  /**
   * @returns the texts of the window that closes now; or how long until one closes; `undefined` if only more
   *   text can close one
   */
  next(now: number): { texts: string[] } | { wait: number } | undefined
  /** The texts from the last `next` have passed. */
  pass(): void
  /** @returns the items that may be released now */
  take(): T[]
  /** Whether more items may come: what is held has a bound. */
  readonly room: boolean
  /**
   * Whether there is no room and no verdict can make any: all that is held has passed, and waits for more
   * text.
   */
  readonly stuck: boolean
  /** Whether all items have passed and been released, and the input has ended. */
  readonly over: boolean
  /** Released items that have not passed. They are withdrawn if they never do. */
  ahead(): Ahead
  /** The choices that have begun and whose end has not been released to readers. */
  open(): number[]
}

export interface Ahead {
  /** How many of the last released items. */
  items: number
  /** By choice, how many characters at the end of its content; `undefined` if no text was released ahead. */
  chars: Record<string, number> | undefined
}

/** They are shown as one text. */
const SAID: ReadonlySet<TextPiece['kind']> = new Set(['content', 'refusal'])

interface Choice {
  index: number
  /** Characters of all its texts. */
  came: number
  /** Whether its end has come. */
  finished: boolean
  /** Whether its end has been released. */
  closed: boolean
}

/** One running text of a choice: its content, its reasoning, the arguments of a tool call. */
interface Text {
  choice: Choice
  /** Whether it is the text that readers see as the answer: after other texts they join it to what comes. */
  said: boolean
  /** How many characters came, and how many have passed. */
  came: number
  passed: number
  /** `choice.came` when this text last grew. */
  at: number
  /** The end of the passed text; the text being judged; the text that came since. */
  context: string
  asked: string
  fresh: string
}

interface Entry<T> {
  item: T
  size: number
  /** Each text that the item extends, with its length after the item. */
  ends: Map<Text, number>
  /**
   * Characters of all its texts, at least one, so that `lead` also bounds the number of items released
   * ahead; and of each choice's content.
   */
  chars: number
  content: Map<Choice, number>
  finished: readonly Choice[]
  /** Whether it ends the answer or a choice: this may be released only after all text has passed. */
  tellsEnd: boolean
}

/** @param lead how many characters may be released before they have passed; 0: none */
export function createWindows<T>(sizes: WindowSizes, lead = 0): Windows<T> {
  const choices = new Map<number, Choice>()
  const texts = new Map<string, Text>()
  /** Items that have not passed. The first `sent` of them, with `lent` characters, were released ahead. */
  const queue: Entry<T>[] = []
  let sent = 0
  let lent = 0
  let held = 0
  /** Characters since the last window closed, and when the first of them came. */
  let fresh = 0
  let since = 0
  let closed = false
  let { chars, ms } = sizes.first

  // What waits behind the next item to release: one item may be as large as it likes.
  const full = () => held - (queue[sent]?.size ?? 0) >= sizes.held

  function choiceOf(index: number): Choice {
    const choice = choices.get(index) ?? { index, came: 0, finished: false, closed: false }
    choices.set(index, choice)
    return choice
  }

  function hear({ choice: index, key, kind, text: more }: TextPiece): Text {
    const choice = choiceOf(index)
    const id = `${index}:${key}`
    const text = texts.get(id) ?? {
      choice,
      said: SAID.has(kind),
      came: 0,
      passed: 0,
      at: 0,
      context: '',
      asked: '',
      fresh: '',
    }
    texts.set(id, text)
    if (kind !== 'other') choice.finished = false
    choice.came += more.length
    text.at = choice.came
    text.came += more.length
    text.fresh += more
    return text
  }

  /** True if no later text can complete a phrase begun at this text's end. */
  function isOver({ choice, at, said }: Text): boolean {
    // Content follows reasoning, and tool calls follow one another: a text interrupted for this long has
    // ended. Content goes on after anything.
    const interrupted = !said && choice.came - at >= sizes.phrase && choice.came > at
    return closed || choice.finished || interrupted
  }

  /** Whether an entry may be released if its texts have passed up to `reached`. */
  function clears({ ends }: Entry<T>, reached: (text: Text) => number): boolean {
    for (const [text, end] of ends) {
      const after = end + sizes.phrase
      if (reached(text) < (isOver(text) ? Math.min(after, text.came) : after)) return false
    }
    return true
  }

  /** Whether the next entry could be released if all text passed. Before that a window is of no use. */
  function isUseful(): boolean {
    const [next] = queue
    return next !== undefined && clears(next, ({ came }) => came)
  }

  /** Whether a text that is waiting to be judged can still grow. */
  const goesOn = () => [...texts.values()].some(({ fresh, choice }) => fresh !== '' && !choice.finished)

  /**
   * Characters that fill a window. With `lead`, at most half of that, so that text flows while a window is
   * judged.
   */
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
        // Text that was released ahead has to be judged soon. Held text gains nothing from an early window.
        if (lead === 0 && !isUseful()) return undefined
        const wait = since + ms - now
        if (fresh < enough() && wait > 0) return { wait }
      }
      fresh = 0
      const window: string[] = []
      for (const text of texts.values()) {
        if (text.fresh === '') continue
        // The cut can be anywhere, even inside a surrogate pair.
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
    get stuck() {
      return full() && ![...texts.values()].some(({ fresh, asked }) => fresh !== '' || asked !== '')
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
