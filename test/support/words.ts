import type { Counter } from '../../worker/tokens/counter.ts'

const count = (text: string) => text.split(/\s+/).filter(Boolean).length

/** A counter for which each word is a token, certain as soon as it came. */
export const words: Counter = {
  count,
  incremental() {
    let text = ''
    return {
      push: (more) => {
        text += more
      },
      end: () => count(text),
      get committed() {
        return count(text)
      },
    }
  },
}
