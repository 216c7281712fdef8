import { describe, expect, test } from 'vitest'
import { createSnapshot } from '../../../worker/formats/responses/snapshot.ts'
import {
  begin,
  callEvents,
  complete,
  LONG_ANSWER,
  type Members,
  messageEvents,
  RESPONSE_ID,
  responseOf,
} from '../../support/responses.ts'

function fold(events: readonly Members[]) {
  const snapshot = createSnapshot()
  const before = JSON.stringify(events)
  for (const event of events) snapshot.fold(event)
  expect(JSON.stringify(events)).toBe(before)
  return snapshot.response()
}

test('before the first event there is none', () => {
  expect(fold([])).toBeUndefined()
  expect(fold([{ type: 'keepalive' }, { type: 'response.output_text.delta', delta: 'a' }])).toBeUndefined()
})

test('in the middle it has what has come', () => {
  expect(fold([...begin(), ...messageEvents(['Hel', 'lo', ' you']).slice(0, 4)])).toMatchObject({
    id: RESPONSE_ID,
    status: 'in_progress',
    output: [{ type: 'message', status: 'in_progress', content: [{ type: 'output_text', text: 'Hello' }] }],
  })
})

test('at the end it is the response of the last event', () => {
  expect(fold(LONG_ANSWER)).toEqual(LONG_ANSWER.at(-1)?.response)
})

test('just before the end it has the same items', () => {
  const end = LONG_ANSWER.at(-1)?.response as Members
  expect(fold(LONG_ANSWER.slice(0, -1))).toMatchObject({ status: 'in_progress', output: end.output })
})

test('citations are there as soon as they are told', () => {
  const annotation = { type: 'url_citation', title: 'A', url: 'https://example.com' }
  const told = {
    type: 'response.output_text.annotation.added',
    output_index: 0,
    content_index: 0,
    annotation_index: 0,
  }
  const events = [...begin(), ...messageEvents(['A']).slice(0, 3), { ...told, annotation }]
  expect(fold(events)).toMatchObject({ output: [{ content: [{ text: 'A', annotations: [annotation] }] }] })
})

describe('one that was ended early has the items of its end', () => {
  const half = [...begin(), ...callEvents(['{"city":', '"Paris"}']).slice(0, 2)]

  test.each(['failed', 'incomplete', 'cancelled'])('%s: no half call of a tool', (status) => {
    const end = { type: `response.${status}`, response: responseOf({ status }) }
    expect(fold([...half, end])).toMatchObject({ status, output: [] })
  })

  test('but for a whole one that some upstreams don’t repeat', () => {
    const end = { type: 'response.completed', response: responseOf({ status: 'completed' }) }
    expect(fold([...begin(), ...messageEvents(['Hi']), end])).toMatchObject({
      output: [{ content: [{ text: 'Hi' }] }],
    })
  })
})

describe('of what readers take back', () => {
  const [added, part, one, two, ...ends] = messageEvents(['Good, ', 'bad']) as [
    Members & { item: Members },
    Members,
    Members,
    Members,
  ]
  const taken = (kept: readonly Members[], back: readonly Members[]) => {
    const snapshot = createSnapshot()
    for (const event of [...begin(), ...kept]) snapshot.fold(event)
    for (const event of back) snapshot.withdraw(event)
    return snapshot
  }

  test('no word stays, wherever it was repeated', () => {
    const { output } = taken([added, part, one], [two, ...ends]).response() ?? {}
    expect(output).toMatchObject([{ type: 'message', status: 'incomplete', content: [{ text: 'Good, ' }] }])
    const all = taken([], [added, part, one, two, ...ends])
    expect(all.response()?.output).toMatchObject([{ id: added.item.id, status: 'incomplete', content: [] }])
    expect(all.open()).toEqual([])
  })

  test('nor a call of a tool', () => {
    const [begins, ...others] = callEvents(['{"city":"Paris"}']) as [Members]
    expect(taken([begins], others).response()?.output).toEqual([])
    expect(taken([], [begins, ...others]).response()?.output).toEqual([])
  })

  test('a response that had not begun for certain keeps its id', () => {
    const snapshot = createSnapshot()
    snapshot.withdraw({ type: 'response.created', response: responseOf({ user: 'bad' }) })
    expect(snapshot.response()).toMatchObject({ id: RESPONSE_ID, user: '', output: [] })
  })
})

describe('odd events leave it whole', () => {
  test.each<[string, Members]>([
    [
      'a delta of an item that never began',
      { type: 'response.output_text.delta', output_index: 7, delta: 'a' },
    ],
    ['an item that is no object', { type: 'response.output_item.added', output_index: 1, item: 'a' }],
    ['a response that is no object', { type: 'response.completed', response: 'a' }],
  ])('%s', (_, event) => {
    const events = [...begin(), ...messageEvents(['Hi'])]
    expect(fold([...events, event])).toEqual(fold(events))
  })

  test('a part far behind, or before the first, makes no gap', () => {
    const added = (content_index: number) => ({
      type: 'response.content_part.added',
      content_index,
      part: {},
    })
    const events = [...begin(), ...messageEvents(['Hi']), added(1e9), added(-1)]
    expect(fold(events)).toMatchObject({ output: [{ content: [{}, {}] }] })
  })
})

test('items are in the order of their index', () => {
  const events = [...messageEvents(['two'], 1, 'msg_2'), ...messageEvents(['one'], 0, 'msg_1')]
  const output = complete([...begin(), ...events]).at(-1)?.response as Members
  expect(fold([...begin(), ...events])?.output).toEqual([...(output.output as unknown[])].reverse())
})
