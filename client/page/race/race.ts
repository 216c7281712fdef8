/**
 * The race on the page: a question, two ways to ask it, and the result. Loaded when the reader opens the
 * race.
 */
import '../style/race.css'
import '../style/result.css'
import { kindOf } from '../../run/runnable.ts'
import { en } from '../../widget/strings/en.ts'
import { tellOwner } from '../../widget/talk/tell-owner.ts'
import { troubleOf } from '../../widget/talk/trouble.ts'
import { isSend } from '../../widget/view/composer.ts'
import { explainTrouble } from '../../widget/view/explain-trouble.ts'
import { isComposed } from '../../widget/view/input-method.ts'
import { createTroubleCard, type TroubleCard } from '../../widget/view/trouble-card.ts'
import type { Announcer } from '../announcer.ts'
import { findElement } from '../find-element.ts'
import { FOUNDING_QUESTION } from '../starters.ts'
import { startCounting } from './counting.ts'
import { resultSentence } from './figures.ts'
import { createLane } from './lane.ts'
import { seconds } from './numbers.ts'
import type { RaceRecord, Way } from './record.ts'
import { createResultView, type ResultView } from './result-view.ts'
import { type RaceWatch, runRace } from './run-race.ts'
import { createVerdict } from './verdict.ts'

const CLOCK_INTERVAL_MS = 100

export interface RaceOptions {
  announcer: Announcer
  model(): string | undefined
  demo: Promise<boolean>
  /** Whether the Worker lets code run. */
  runsCode: Promise<boolean>
  /** Calls the Worker. */
  send: typeof fetch
  /** Prepares what `send` would otherwise wait for, so that it isn't part of the measured time. */
  ready(): Promise<void>
  /** Called when a race begins and when it has ended. */
  busy(busy: boolean): void
  /** Called when the reader tries again, with the API key if one was entered. */
  retried(key?: string): void
}

export interface Race {
  /** Stops a running race. */
  stop(): void
}

export function createRace({
  announcer,
  model,
  demo,
  runsCode,
  send,
  ready,
  busy,
  retried,
}: RaceOptions): Race {
  const form = findElement(document, '#race-form', HTMLFormElement)
  const box = findElement(form, 'textarea', HTMLTextAreaElement)
  const pace = findElement(form, '#race-pace', HTMLFieldSetElement)
  const start = findElement(form, '#race-start', HTMLButtonElement)
  const stop = findElement(form, '#race-stop', HTMLButtonElement)
  const controls = findElement(form, '#race-controls', HTMLElement)
  const troublePlace = findElement(document, '#race-trouble', HTMLElement)
  const resultPlace = findElement(document, '#race-result', HTMLElement)
  const pending = findElement(document, '#race-pending', HTMLElement)
  const lanes = { unstreamed: createLane('unstreamed'), streamed: createLane('streamed') }
  const verdict = createVerdict()
  findElement(document, '#lanes', HTMLElement).append(
    lanes.unstreamed.view.element,
    verdict.element,
    lanes.streamed.view.element,
  )

  let current: AbortController | undefined
  let trouble: TroubleCard | undefined
  let result: ResultView | undefined
  let firstWordsMs: number | null = null
  let wholeMs: number | null = null
  let firstEnd: Way | undefined
  let lastEnd = ''

  box.value = FOUNDING_QUESTION
  void demo.then((runsDemo) => {
    pace.hidden = !runsDemo
  })

  function setBusy(now: boolean): void {
    busy(now)
    // Hiding a focused button loses the focus, so move it to the button that appears.
    const focused = document.activeElement === (now ? start : stop)
    start.hidden = now
    stop.hidden = !now
    pace.disabled = now
    pending.hidden = !now
    if (focused) (now ? stop : start).focus()
  }

  function clear(): void {
    trouble?.remove()
    result?.remove()
    trouble = result = undefined
    firstWordsMs = wholeMs = null
    firstEnd = undefined
  }

  const watch: RaceWatch = {
    text(way, text, model, ms) {
      lanes[way].text(text, model, ms)
      if (way === 'unstreamed' || firstWordsMs !== null) return
      firstWordsMs = ms
      announcer.say(`The streamed answer’s first words came after ${seconds(ms)}.`)
    },
    finished(way, ms) {
      lanes[way].finish(ms)
      if (way === 'unstreamed') wholeMs = ms
      const end = `The ${way} answer is complete, after ${seconds(ms)}.`
      // The second end is announced together with the result, which would interrupt it.
      if (firstEnd === undefined) announcer.say(end)
      firstEnd ??= way
      lastEnd = end
    },
    shortened: (way, text) => lanes[way].shorten(text),
  }

  async function run(question: string): Promise<void> {
    const abort = new AbortController()
    current = abort
    clear()
    const speed = Number(findElement(form, 'input[name=pace]:checked', HTMLInputElement).value)
    setBusy(true)
    const demoSpeed = (await demo) ? speed : null
    // Prepare the session before the clock starts. If that fails, the first request reports the error.
    await ready().catch(() => {})
    const counting = startCounting()
    const started = performance.now()
    for (const lane of Object.values(lanes)) lane.start(counting)
    announcer.say('The race has begun.')
    const tick = () => {
      const nowMs = performance.now() - started
      for (const lane of Object.values(lanes)) lane.tick(nowMs)
      verdict.run({ nowMs, firstWordsMs, wholeMs })
    }
    tick()
    // From here on both lanes and the plot's place are in view, below the button that stops the race.
    controls.scrollIntoView({ block: 'start' })
    const ticking = setInterval(tick, CLOCK_INTERVAL_MS)
    const { signal } = abort
    const now = () => performance.now()
    const asked = { question, model: model(), demoSpeed, fetch: send, signal, now }
    const outcome = await runRace(asked, watch)
    clearInterval(ticking)
    current = undefined
    // Before the plot's reserved place goes, so that the page doesn't scroll.
    if (outcome.end === 'done') showResult(outcome.record)
    setBusy(false)
    if (outcome.end === 'stopped') abandon('stopped')
    if (outcome.end === 'failed') fail(outcome.way, outcome.error, question)
    const counts = await Promise.all([lanes.unstreamed.counted(), lanes.streamed.counted()])
    counting.end()
    // Another race may have begun while the counter was loading.
    if (outcome.end === 'done' && !current) result?.showCounts(counts)
  }

  function showResult(record: RaceRecord): void {
    result = createResultView(record)
    verdict.show(record)
    resultPlace.append(result.element)
    announcer.say(`${lastEnd} ${resultSentence(record)}`)
    void offerRun(result)
  }

  /** As in the founding example, which ends with the plot that the answer's code draws. */
  async function offerRun(shown: ResultView): Promise<void> {
    const code = [...lanes.streamed.view.element.querySelectorAll('.code')].find(kindOf)
    if (code && (await runsCode)) await shown.offerRun(code)
  }

  function abandon(state: 'stopped' | 'failed', failed?: Way): void {
    for (const [way, lane] of Object.entries(lanes)) lane.abandon(way === failed ? 'failed' : 'stopped')
    verdict.reset()
    if (state === 'stopped') announcer.say('The race was stopped.')
  }

  function fail(way: Way, error: unknown, question: string): void {
    abandon('failed', way)
    const began = way === 'streamed' && firstWordsMs !== null
    const failure = troubleOf(error, { began, at: Date.now() })
    const explanation = explainTrouble(failure, 'en', en)
    tellOwner(failure)
    announcer.say(`The ${way} answer failed. ${explanation.title}. ${explanation.advice}`)
    trouble = createTroubleCard(explanation, en, (key) => {
      stop.hidden = false
      stop.focus()
      retried(key)
      void run(question)
    })
    troublePlace.append(trouble.element)
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const question = box.value.trim()
    if (question === '') box.focus()
    else if (!current) void run(question)
  })
  box.addEventListener('keydown', (event) => {
    if (!isSend(event)) return
    event.preventDefault()
    form.requestSubmit()
  })
  const stopRace = () => current?.abort()
  stop.addEventListener('click', stopRace)
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !isComposed(event)) stopRace()
  })
  // A page in the back/forward cache must not hold connections.
  addEventListener('pagehide', stopRace)
  return { stop: stopRace }
}
