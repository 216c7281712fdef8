/** The conversation on the page: one question at a time, each of which can be stopped and tried again. */
import type { Announcer } from './announcer.ts'
import { answer } from './answer.ts'
import { type Turn, toMessages } from './conversation.ts'
import { explainError } from './explain-error.ts'
import { createTurnView, type TurnView } from './turn-view.ts'

interface Surroundings {
  /** Where the turns go. */
  list: HTMLElement
  announcer: Announcer
  model(): string | undefined
  /** Told when an answer begins to be awaited, and when it has ended. */
  busy(busy: boolean): void
  /** Told when the reader tries again. */
  retried(): void
}

export interface Chat {
  ask(question: string): void
  stop(): void
  /** Forgets the conversation. */
  clear(): void
}

export function createChat({ list, announcer, model, busy, retried }: Surroundings): Chat {
  let turns: Turn[] = []
  let latest: TurnView | undefined
  let current: AbortController | undefined

  async function run(turn: Turn, view: TurnView): Promise<void> {
    const abort = new AbortController()
    current = abort
    busy(true)
    const outcome = await answer(turn, view, {
      messages: toMessages(turns, turn),
      model: model(),
      signal: abort.signal,
      begun: () => announcer.say('The answer has begun.'),
    })
    // The conversation may have been cleared meanwhile, and another one begun.
    if (current !== abort) return
    current = undefined
    busy(false)
    if (outcome.end === 'done') announcer.sayAnswer(turn.answer)
    if (outcome.end === 'stopped') announcer.say('Stopped.')
    if (outcome.end === 'failed') {
      const explanation = explainError(outcome.error, turn.answer !== '')
      announcer.say(`${explanation.title}. ${explanation.advice}`)
      view.showTrouble(explanation, () => {
        view.hideTrouble()
        retried()
        void run(turn, view)
      })
    }
  }

  return {
    ask(question) {
      if (current) return
      latest?.hideTrouble()
      const turn = { question, answer: '' }
      turns.push(turn)
      latest = createTurnView(question)
      list.append(latest.element)
      void run(turn, latest)
    },
    stop: () => current?.abort(),
    clear() {
      current?.abort()
      current = undefined
      busy(false)
      latest?.hideTrouble()
      latest = undefined
      turns = []
      list.replaceChildren()
    },
  }
}
