/** A body that is no event stream, such as JSON or text: where it ends well, the answer is whole. */
import type { FollowedFormat } from '../answer-format.ts'

export const PLAIN: FollowedFormat = {
  isPlain: true,
  reader: () => ({
    read: ({ data }) => ({ data, kind: 'chunk', texts: [], finished: [], usageAlone: false }),
  }),
  completeCut: () => '',
  isUnterminatedEnd: () => false,
  mayEnd: () => false,
}
