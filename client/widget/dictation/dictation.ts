/**
 * Dictation: the browser's own speech recognition writes into the question box, where the caret is. Nothing
 * listens before the button is pressed. The recognition ends when the question is sent, when its text is
 * changed by hand, when the page is hidden, and when the chat is closed.
 */
import type { Strings } from '../strings/en.ts'
import { adopt } from '../style/adopt.ts'
import { create, iconButton } from '../view/element.ts'
import styles from './dictation.css?inline'
import { insertSpoken } from './insert-spoken.ts'

export interface Dictation {
  /** Stops listening. What was heard stays in the box, and nothing more is written. */
  stop(): void
  /** Removes the button. */
  remove(): void
}

/** [spec] Web Speech API, as far as it is used here. TypeScript's libraries have its results alone. */
interface Recognition extends EventTarget {
  lang: string
  continuous: boolean
  interimResults: boolean
  start(): void
  stop(): void
  abort(): void
}

/** Chromium and Safari have it under its old name. */
const makerOf = (place: unknown) => {
  const { SpeechRecognition, webkitSpeechRecognition } = place as Record<
    string,
    (new () => Recognition) | undefined
  >
  return SpeechRecognition ?? webkitSpeechRecognition
}

const MICROPHONE = 'M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zM6 11.5a6 6 0 0 0 12 0M12 17.5V21'

/** Browsers know a language of a country, and these two by no other name. */
const SPOKEN: Readonly<Record<string, string>> = { 'zh-Hans': 'zh-CN', 'zh-Hant': 'zh-TW' }

/**
 * @param form the question box, with a text area and a button to send
 * @param language a tag such as `de-AT`
 * @returns `undefined` where the browser has no speech recognition
 */
export function createDictation(
  form: HTMLElement,
  { strings, language }: { strings: Strings; language: string },
): Dictation | undefined {
  const Maker = makerOf(globalThis)
  const box = form.querySelector('textarea')
  if (!Maker || !box) return undefined
  const button = iconButton(MICROPHONE, strings.dictate, {
    class: 'tool dictate',
    part: 'dictate',
    'aria-pressed': 'false',
  })
  // There from the beginning: screen readers announce what changes in it.
  const line = create('p', { class: 'dictation', role: 'status' })
  const detached = new AbortController()
  const { signal } = detached
  let listening: Recognition | undefined
  let isWriting = false

  function say(words: string): void {
    line.textContent = words
  }

  function setListening(now: Recognition | undefined): void {
    listening = now
    button.ariaPressed = String(now !== undefined)
  }

  function listen(field: HTMLTextAreaElement, Recognition: new () => Recognition): void {
    const recognition = new Recognition()
    recognition.lang = SPOKEN[language] ?? language
    recognition.continuous = true
    recognition.interimResults = true
    const write = insertSpoken(field, recognition.lang)
    const isOurs = () => listening === recognition
    recognition.addEventListener('result', (event) => {
      if (!isOurs()) return
      isWriting = true
      write(heardIn(event as SpeechRecognitionEvent))
      isWriting = false
    })
    recognition.addEventListener('error', (event) => {
      if (isOurs()) end(wordsOf((event as SpeechRecognitionErrorEvent).error, strings))
    })
    recognition.addEventListener('end', () => isOurs() && end(''))
    setListening(recognition)
    say(strings.listening)
    try {
      recognition.start()
    } catch (error) {
      console.error(error)
      end(strings.cantDictate)
    }
  }

  function end(words: string): void {
    setListening(undefined)
    say(words)
  }

  function stop(): void {
    const before = listening
    if (!before) return
    end('')
    before.abort()
  }

  button.addEventListener('click', () => {
    // `stop`, not `abort`: the last words are still being heard.
    if (listening) listening.stop()
    else listen(box, Maker)
  })
  const off = { signal }
  // The reader goes on by hand: what is heard would be written elsewhere.
  box.addEventListener('input', () => !isWriting && stop(), off)
  form.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || !listening) return
      // It stops the listening alone.
      event.preventDefault()
      event.stopPropagation()
      stop()
    },
    off,
  )
  document.addEventListener('visibilitychange', () => document.hidden && stop(), off)

  adopt(form.getRootNode() as ShadowRoot, [styles])
  form.querySelector('#send')?.before(button)
  form.after(line)
  return {
    stop,
    remove() {
      stop()
      detached.abort()
      button.remove()
      line.remove()
    },
  }
}

const heardIn = ({ results }: SpeechRecognitionEvent) =>
  Array.from(results, ([best]) => best?.transcript ?? '').join('')

function wordsOf(error: string, strings: Strings): string {
  switch (error) {
    case 'aborted':
      return ''
    case 'no-speech':
      return strings.heardNothing
    case 'not-allowed':
    case 'service-not-allowed':
      return strings.micDenied
    default:
      return strings.cantDictate
  }
}
