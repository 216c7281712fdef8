/** Writes a race's record as CSV: each message of the streamed answer, then the totals of both ways. */
import { type Finish, type RaceRecord, tokensOf, type Way } from './record.ts'

const HEAD = ['answer', 'event', 'message', 'seconds', 'characters', 'tokens', 'tokens_from', 'demo_speed']

/**
 * [spec] RFC 4180: lines end with CRLF. Cells are numbers or words of our own, so none needs quotes.
 *
 * @example
 *   answer,event,message,seconds,characters,tokens,tokens_from,demo_speed
 *   streamed,message,0,0.9312,0,,,1
 *   streamed,total,,36.3911,,414,upstream,1
 */
export function toCsv(record: RaceRecord): string {
  const speed = record.demoSpeed ?? ''
  const messages = record.samples.map(({ ms, characters }, message) => [
    'streamed',
    'message',
    message,
    inSeconds(ms),
    characters,
    '',
    '',
    speed,
  ])
  const totals = (way: Way, finish: Finish) => {
    const { firstWordsMs, totalMs } = finish
    const count = tokensOf(finish)
    return [
      ...(firstWordsMs === null
        ? []
        : [[way, 'first_words', '', inSeconds(firstWordsMs), '', '', '', speed]]),
      [way, 'total', '', inSeconds(totalMs), '', count?.tokens ?? '', count?.source ?? '', speed],
    ]
  }
  const rows = [
    HEAD,
    ...messages,
    ...totals('streamed', record.streamed),
    ...totals('unstreamed', record.unstreamed),
  ]
  return rows.map((cells) => `${cells.join(',')}\r\n`).join('')
}

/** Rounds to a tenth of a millisecond, the resolution of browsers' clocks. */
function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(4)
}
