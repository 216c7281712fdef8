/** The texts that go into the frame. */
import type { Strings } from '../widget/strings/en.ts'
import type { RunWords } from './messages.ts'

export function runWords(strings: Strings): RunWords {
  return {
    loading: strings.runLoading,
    running: strings.running,
    stopped: strings.runStopped,
    tooLong: strings.runTooLong,
    tooMuch: strings.runTooMuch,
    brokeOff: strings.runBrokeOff,
    notLoaded: strings.runNotLoaded,
    notInstalled: strings.runNotInstalled,
    ended: strings.runEnded,
    noOutput: strings.runNoOutput,
    figure: strings.runFigure,
    preview: strings.preview,
  }
}
