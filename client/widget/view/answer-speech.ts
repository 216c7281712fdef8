/** What who hears the page is told of an answer: that it begins, its sentences as they come, and how it ended. */
import type { Strings } from '../strings/en.ts'
import type { Turn } from '../talk/conversation.ts'
import type { TurnView } from './turn-view.ts'

export interface AnswerSpeech {
  say(message: string): void
  begin(view: TurnView): void
  /** More of the answer in this view was painted. */
  grown(view: TurnView): void
  end(view: TurnView, turn: Turn): void
  /** Another conversation is looked at. */
  stop(): void
}
