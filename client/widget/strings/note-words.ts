import type { Note } from '../talk/conversation.ts'
import type { Strings } from './en.ts'

/** The texts about an answer's end. */
export function noteWords(strings: Strings): Record<Note, string> {
  return {
    'too-long': strings.tooLongAnswer,
    'no-budget': strings.noBudget,
    'stopped-here': strings.stoppedHere,
    stopped: strings.stopped,
    withdrawn: strings.withdrawn,
    withheld: strings.withheld,
    'withheld-all': strings.withheldWhole,
    'nothing-said': strings.nothingSaid,
  }
}
