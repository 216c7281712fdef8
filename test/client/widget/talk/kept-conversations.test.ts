import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Conversation, Turn } from '../../../../client/widget/talk/conversation.ts'
import { keepConversations } from '../../../../client/widget/talk/kept-conversations.ts'
import { MAX_CONVERSATIONS, MAX_KEPT_CHARS } from '../../../../client/widget/talk/put-record.ts'
import { MAX_RECORD_CHARS } from '../../../../client/widget/talk/record.ts'
import { createSearch } from '../../../../client/widget/talk/search.ts'
import type { TextStore } from '../../../../client/widget/talk/shelf.ts'
import { anyTurn, done, fakeStore, refusedStore, running } from './samples.ts'

const HERE = 'https://millrace.example.com'
let now = 1_000

beforeEach(() => {
  vi.useFakeTimers()
  now = 1_000
})
afterEach(() => void vi.useRealTimers())

/** A browser, whose tabs have a store each and one in common. */
function browser(local: TextStore | (() => never) = fakeStore()) {
  const tabs: EventTarget[] = []
  return {
    tab(session: ReturnType<typeof fakeStore> = fakeStore()) {
      const changes = new EventTarget()
      tabs.push(changes)
      return {
        session,
        /** A page of a site, such as after a reload: nothing is left but what was kept. */
        page(storage: 'session' | 'local' | 'none' = 'session', scope = HERE) {
          const stores = {
            session: () => session,
            local: () => (typeof local === 'function' ? local() : local),
            changes,
          }
          return keepConversations({ storage, scope, stores, now: () => now++ })
        },
      }
    },
    /** What a browser tells the other tabs. */
    tell(key: string | null) {
      for (const tab of tabs) tab.dispatchEvent(Object.assign(new Event('storage'), { key }))
    },
  }
}

type Kept = ReturnType<typeof keepConversations>

/** A conversation of these turns, begun and saved. */
function talk(kept: Kept, ...turns: Turn[]): Conversation {
  const conversation = kept.start()
  conversation.turns.push(...turns)
  kept.save(conversation, 'now')
  return conversation
}

const titles = (kept: Kept) => kept.list().map(({ title }) => title)
const questions = ({ turns }: Conversation) => turns.map(({ question }) => question)

describe.each(['session', 'local'] as const)('with %s storage', (storage) => {
  test('what was saved is there on the next page of the tab, with the answer that still comes', () => {
    fc.assert(
      fc.property(fc.array(anyTurn, { minLength: 1 }), (turns) => {
        const tab = browser().tab()
        const conversation = talk(tab.page(storage), ...turns)
        expect(tab.page(storage).current()).toEqual(conversation)
      }),
    )
  })

  test('what grows is saved once a second, as it is then', () => {
    const tab = browser().tab()
    const kept = tab.page(storage)
    const conversation = talk(kept, { ...running })
    const answer = () => tab.page(storage).current().turns[0]?.answer
    for (let i = 0; i < 99; i++) {
      for (const turn of conversation.turns) turn.answer += '.'
      kept.save(conversation, 'soon')
      vi.advanceTimersByTime(10)
    }
    expect(answer()).toBe('By')
    vi.advanceTimersByTime(10)
    expect(answer()).toBe(`By${'.'.repeat(99)}`)
    for (const turn of conversation.turns) turn.answer += '!'
    kept.save(conversation, 'soon')
    kept.flush()
    expect(answer()).toBe(`By${'.'.repeat(99)}!`)
  })

  test('what was saved now is not saved once more soon', () => {
    const local = fakeStore()
    const tab = browser(local).tab()
    const kept = tab.page(storage)
    const conversation = talk(kept, running)
    kept.save(conversation, 'soon')
    kept.save(conversation, 'now')
    const { writes } = storage === 'local' ? local : tab.session
    vi.advanceTimersByTime(5_000)
    expect((storage === 'local' ? local : tab.session).writes).toBe(writes)
  })

  test('a turn that is taken out of it is gone, and it is the same conversation', () => {
    const tab = browser().tab()
    const kept = tab.page(storage)
    const conversation = talk(kept, done('Why?'), done('How?'))
    conversation.turns.pop()
    kept.save(conversation, 'now')
    expect(kept.list()).toHaveLength(1)
    expect(questions(tab.page(storage).current())).toEqual(['Why?'])
  })

  test('a new conversation is listed from its first turn on, and the earlier ones can be opened', () => {
    const tab = browser().tab()
    const kept = tab.page(storage)
    const why = talk(kept, done('Why?'))
    const how = talk(kept, done('How?'))
    const empty = kept.start()
    kept.save(empty, 'now')
    expect(kept.list()).toEqual([
      { id: how.id, title: 'How?', updatedAt: how.updatedAt },
      { id: why.id, title: 'Why?', updatedAt: why.updatedAt },
    ])
    expect(tab.page(storage).current().turns).toEqual([])
    expect(kept.open(why.id)).toEqual(why)
    expect(kept.current()).toBe(kept.current())
    expect(tab.page(storage).current()).toEqual(why)
  })

  test('whoever comes back to one finds the same object, as long as nobody else said anything in it', () => {
    const kept = browser().tab().page(storage)
    const why = talk(kept, { ...running })
    talk(kept, done('How?'))
    for (const turn of why.turns) turn.answer += ' water'
    kept.save(why, 'soon')
    expect(kept.open(why.id)).toBe(why)
    expect(kept.current()).toBe(why)
  })

  test('the one that was saved last is the first in the list', () => {
    const kept = browser().tab().page(storage)
    const why = talk(kept, done('Why?'))
    talk(kept, done('How?'))
    kept.save(why, 'now')
    expect(titles(kept)).toEqual(['Why?', 'How?'])
  })

  test('what was removed is gone, also when its answer still comes', () => {
    const tab = browser().tab()
    const kept = tab.page(storage)
    const how = talk(kept, done('How?'))
    const why = talk(kept, { ...running, question: 'Why?' })
    kept.save(why, 'soon')
    kept.remove(why.id)
    kept.save(why, 'now')
    vi.advanceTimersByTime(5_000)
    expect(titles(kept)).toEqual(['How?'])
    expect(kept.open(why.id)).toBeUndefined()
    expect(kept.current().turns).toEqual([])
    expect(tab.page(storage).current().turns).toEqual([])
    expect(kept.open(how.id)).toEqual(how)
  })

  test('two Workers on one site do not mix', () => {
    const tab = browser().tab()
    const one = tab.page(storage)
    const why = talk(one, done('Why?'))
    for (const scope of [`${HERE}:8443`, 'https://millrace.example', 'null']) {
      const other = tab.page(storage, scope)
      expect(other.current().turns).toEqual([])
      expect(other.list()).toEqual([])
      expect(other.open(why.id)).toBeUndefined()
    }
    talk(tab.page(storage, `${HERE}:8443`), done('How?'))
    expect(titles(one)).toEqual(['Why?'])
    expect(questions(tab.page(storage).current())).toEqual(['Why?'])
  })

  test('a page that comes back from where the browser put it aside goes on with what was said since', () => {
    const tab = browser().tab()
    const aside = tab.page(storage)
    const before = talk(aside, done('Why?'))
    expect(aside.current()).toBe(before)
    const next = tab.page(storage)
    const conversation = next.current()
    conversation.turns.push(done('How?'))
    next.save(conversation, 'now')
    expect(questions(aside.current())).toEqual(['Why?', 'How?'])
    talk(next, done('When?'))
    expect(questions(aside.current())).toEqual(['When?'])
  })

  test('what only the page still has stays on it when all else is cleared', () => {
    const local = fakeStore()
    const tab = browser(local).tab()
    const kept = tab.page(storage)
    const conversation = talk(kept, done('Why?'))
    tab.session.items.clear()
    local.items.clear()
    expect(kept.current()).toBe(conversation)
    kept.save(conversation, 'now')
    expect(tab.page(storage).current()).toEqual(conversation)
  })

  test('nothing is written for who asks nothing', () => {
    const local = fakeStore()
    const tab = browser(local).tab()
    const kept = tab.page(storage)
    expect(kept.current()).toBe(kept.current())
    kept.save(kept.current(), 'now')
    expect(kept.list()).toEqual([])
    expect([tab.session.items.size, local.items.size]).toEqual([0, 0])
  })

  test('whatever stands in the store, loading does not fail, and a conversation can be had', () => {
    const id = '0123456789abcdef'.repeat(2)
    const record = `{"version":1,"title":"Why?","updatedAt":7}\n${JSON.stringify([done('Why?')])}`
    const name = fc.oneof(
      fc.constantFrom(
        `millrace-conversation ${HERE} ${id}`,
        `millrace-conversation ${HERE} `,
        `millrace-current ${storage} ${HERE}`,
      ),
      fc.string(),
    )
    const value = fc.oneof(
      fc.constantFrom('', id, record, record.slice(0, -5), '{}\n[]', 'null\nnull', record.replace('1', '2')),
      fc.string(),
      fc.json(),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (items) => {
        const [local, session] = [fakeStore(), fakeStore()]
        for (const [name, value] of items) {
          local.items.set(name, value)
          session.items.set(name, value)
        }
        const tab = browser(local).tab(session)
        const kept = tab.page(storage)
        for (const { id, title } of kept.list()) {
          expect(title).toBe('Why?')
          kept.open(id)
        }
        const conversation = kept.current()
        conversation.turns.push(done('How?'))
        kept.save(conversation, 'now')
        expect(tab.page(storage).current()).toEqual(conversation)
      }),
    )
  })

  describe('within its bounds', () => {
    const store = (
      tab: ReturnType<ReturnType<typeof browser>['tab']>,
      local: ReturnType<typeof fakeStore>,
    ) => (storage === 'local' ? local : tab.session)
    const kept = (items: Map<string, string>) =>
      [...items].filter(([name]) => name.startsWith('millrace-conversation '))

    test('the oldest are dropped when there are too many, never the current one', () => {
      const tab = browser().tab()
      const page = tab.page(storage)
      const current = talk(page, done('current'))
      const elsewhere = { id: '', turns: [done('other')], updatedAt: 0 }
      for (let i = 0; i < MAX_CONVERSATIONS + 5; i++) {
        page.save({ ...elsewhere, id: i.toString(16).padStart(32, '0'), turns: [done(`${i}`)] }, 'now')
      }
      expect(titles(page)).toHaveLength(MAX_CONVERSATIONS)
      expect(titles(page).slice(0, 2)).toEqual(['54', '53'])
      expect(titles(page).slice(-2)).toEqual(['6', 'current'])
      expect(page.current()).toBe(current)
    })

    test('the oldest are dropped when they are too large together, another Worker’s among them', () => {
      const local = fakeStore()
      const tab = browser(local).tab()
      const page = tab.page(storage)
      const large = 'x'.repeat(MAX_KEPT_CHARS / 4)
      talk(tab.page(storage, 'https://elsewhere.example'), done('old', large))
      for (const question of ['a', 'b', 'c']) talk(page, done(question, large))
      expect(titles(page)).toEqual(['c', 'b', 'a'])
      expect(titles(tab.page(storage, 'https://elsewhere.example'))).toEqual([])
      const size = kept(store(tab, local).items).reduce((sum, [, { length }]) => sum + length, 0)
      expect(size).toBeLessThanOrEqual(MAX_KEPT_CHARS)
      talk(page, done('d', large))
      expect(titles(page)).toEqual(['d', 'c', 'b'])
    })

    test('the current one stays, even beside another of the largest size', () => {
      const tab = browser().tab()
      const page = tab.page(storage)
      const largest = (question: string) => done(question, 'x'.repeat(MAX_RECORD_CHARS - 50))
      const other = talk(page, largest('other'))
      const current = talk(page, largest('current'))
      page.save(other, 'now')
      expect(titles(page)).toEqual(['other', 'current'])
      expect(tab.page(storage).current()).toEqual(current)
    })

    test('what can’t be read is the first to go', () => {
      const local = fakeStore()
      const tab = browser(local).tab()
      const { items } = store(tab, local)
      items.set(`millrace-conversation ${HERE} x`, 'x'.repeat(MAX_KEPT_CHARS - 500))
      const page = tab.page(storage)
      talk(page, done('Why?'))
      talk(page, done('How?', 'x'.repeat(1_000)))
      expect(titles(page)).toEqual(['How?', 'Why?'])
      expect(items.has(`millrace-conversation ${HERE} x`)).toBe(false)
    })

    test('where the host page has filled the store, old ones give way, as many as it takes', () => {
      const local = fakeStore(3_000)
      const tab = browser(local).tab(storage === 'session' ? fakeStore(3_000) : undefined)
      const page = tab.page(storage)
      for (const question of ['a', 'b', 'c']) talk(page, done(question, 'x'.repeat(500)))
      store(tab, local).items.set('theirs', 'x'.repeat(500))
      const current = talk(page, done('d', 'x'.repeat(1_400)))
      expect(titles(page)).toEqual(['d', 'c'])
      expect(tab.page(storage).current()).toEqual(current)
    })

    test('the current one does not give way to another', () => {
      const local = fakeStore(3_000)
      const tab = browser(local).tab(storage === 'session' ? fakeStore(3_000) : undefined)
      const page = tab.page(storage)
      const other = talk(page, done('other'))
      const current = talk(page, done('current', 'x'.repeat(1_000)))
      other.turns.push(done('more', 'x'.repeat(2_000)))
      page.save(other, 'now')
      expect(tab.page(storage).current()).toEqual(current)
      expect(titles(page)).toEqual(['other', 'current'])
    })

    test('where nothing helps, what is in memory can still be read, and the others stay', () => {
      const local = fakeStore()
      const tab = browser(local).tab()
      const page = tab.page(storage)
      const before = ['a', 'b', 'c'].map((question) => talk(page, done(question)))
      store(tab, local).setItem = () => {
        throw new DOMException('Full.', 'QuotaExceededError')
      }
      const refused = talk(page, done('d'))
      for (let i = 0; i < 10; i++) page.save(refused, 'now')
      expect(titles(page)).toEqual(['d', 'c', 'b', 'a'])
      expect(page.current()).toBe(refused)
      expect(page.isRefused(refused)).toBe(true)
      for (const conversation of before) expect(page.open(conversation.id)).toEqual(conversation)
      expect(page.open(refused.id)).toEqual(refused)
    })

    test('what was refused once is tried again, at no other’s cost', () => {
      const local = fakeStore(3_000)
      const tab = browser(local).tab(storage === 'session' ? fakeStore(3_000) : undefined)
      const page = tab.page(storage)
      for (const question of ['a', 'b']) talk(page, done(question, 'x'.repeat(500)))
      const huge = talk(page, done('c', 'x'.repeat(3_000)))
      const { writes } = store(tab, local)
      for (let second = 0; second < 5; second++) page.save(huge, 'now')
      expect(store(tab, local).writes).toBe(writes)
      expect(titles(tab.page(storage))).toEqual(['b', 'a'])
      for (const turn of huge.turns) turn.answer = 'x'.repeat(500)
      page.save(huge, 'now')
      expect(titles(tab.page(storage))).toEqual(['c', 'b', 'a'])
    })
  })
})

describe('in two tabs', () => {
  test('of one browser, each stays in its own conversation, and both list both', () => {
    const { tab } = browser()
    const [one, other] = [tab(), tab()]
    const why = talk(one.page('local'), done('Why?'))
    const how = talk(other.page('local'), done('How?'))
    expect(one.page('local').current()).toEqual(why)
    expect(other.page('local').current()).toEqual(how)
    expect(titles(one.page('local'))).toEqual(['How?', 'Why?'])
  })

  test('a new one begins with the latest conversation, and stays in it', () => {
    const { tab } = browser()
    const [one, other] = [tab(), tab()]
    talk(one.page('local'), done('Why?'))
    const how = talk(one.page('local'), done('How?'))
    expect(other.page('local').current()).toEqual(how)
    talk(one.page('local'), done('When?'))
    expect(other.page('local').current()).toEqual(how)
  })

  test('with a store each, one knows nothing of the other', () => {
    const { tab } = browser()
    talk(tab().page(), done('Why?'))
    expect(tab().page().current().turns).toEqual([])
  })

  test('a duplicate takes a copy along, and both go on by themselves', () => {
    const { tab } = browser()
    const one = tab()
    talk(one.page(), running)
    const copy = fakeStore()
    for (const [name, value] of one.session.items) copy.items.set(name, value)
    const other = tab(copy)
    const conversation = other.page().current()
    expect(conversation.turns).toEqual([running])
    conversation.turns.push(done('Else?'))
    other.page().save(conversation, 'now')
    expect(questions(one.page().current())).toEqual(['How?'])
  })

  test('that watch the same answer, they keep one conversation', () => {
    const { tab } = browser()
    const one = tab().page('local')
    const first = talk(one, { ...running })
    const other = tab().page('local')
    const second = other.current()
    for (const [kept, conversation] of [
      [one, first],
      [other, second],
      [one, first],
    ] as const) {
      for (const turn of conversation.turns) turn.answer += ' water'
      kept.save(conversation, 'now')
    }
    expect(titles(one)).toEqual(['How?'])
    expect(tab().page('local').current()).toEqual(first)
  })

  test('one that only watched leaves the other its word', () => {
    const { tab } = browser()
    const one = tab().page('local')
    const first = talk(one, done('Why?'), { ...running })
    const watching = tab().page('local')
    const seen = watching.current()
    watching.save(seen, 'now')
    // Put in other words, while the other one still shows the old ones.
    first.turns.splice(1, 1, done('When?'))
    one.save(first, 'now')
    watching.save(seen, 'now')
    expect(questions(one.current())).toEqual(['Why?', 'When?'])
    expect(one.current()).toBe(first)
    expect(questions(watching.current())).toEqual(['Why?', 'When?'])
    expect(one.list()).toHaveLength(1)
  })

  test('the slower does not write that an answer still comes over the other’s word that it has ended', () => {
    const { tab } = browser()
    const [one, other] = [tab().page('local'), tab().page('local')]
    const said = talk(one, { ...running })
    const seen = other.open(said.id)
    if (!seen?.turns[0]) throw new TypeError('The other tab has not found it.')
    seen.turns[0].answer = 'By w'
    other.save(seen, 'soon')
    said.turns[0] = done('How?', 'By water.')
    one.save(said, 'now')
    vi.runAllTimers()
    expect(tab().page('local').current().turns).toEqual([done('How?', 'By water.')])
    seen.turns[0] = done('How?', 'By wind.')
    other.save(seen, 'now')
    expect(tab().page('local').current().turns).toEqual([done('How?', 'By wind.')])
  })

  test.each([
    ['the first answer ends first', false],
    ['the second answer ends first', true],
  ])('that ask at once in one conversation keep both answers: %s', (_, secondFirst) => {
    const { tab } = browser()
    const [one, other] = [tab().page('local'), tab().page('local')]
    const first = talk(one, { question: 'Why?', answer: '', pending: { key: 'k', askedAt: 7 } })
    const second = other.open(first.id)
    if (!second?.turns[0]) throw new TypeError('The other tab has not found it.')
    // As a question does that is asked while the answer before it comes in another tab.
    second.turns[0].end = 'failed'
    delete second.turns[0].pending
    second.turns.push({ ...running })
    other.save(second, 'now')
    const ends = [
      () => {
        first.turns[0] = done('Why?')
        one.save(first, 'now')
      },
      () => {
        second.turns[1] = done('How?', 'By water.')
        other.save(second, 'now')
      },
    ]
    for (const end of secondFirst ? ends.toReversed() : ends) end()
    const both = [done('Why?'), done('How?', 'By water.')]
    for (const kept of [one, other, tab().page('local')]) {
      expect(kept.list()).toHaveLength(1)
      expect(kept.open(first.id)?.turns).toEqual(both)
    }
  })

  test.each([
    ['while its answer comes', { ...running }, { ...running, answer: 'By water', end: 'done' as const }],
    ['once its answer is there', done('How?'), undefined],
  ])('that ask at once, one before it sees the other’s question: nothing is lost %s', (_, asked, ended) => {
    const local = fakeStore()
    const { tab } = browser(local)
    const [one, other] = [tab().page('local'), tab().page('local')]
    const first = talk(one, done('Why?'))
    const second = other.current()
    const before = [...local.items]
    first.turns.push(asked)
    one.save(first, 'now')
    // As a browser shows a tab for a moment what the store was before.
    local.items.clear()
    for (const [name, value] of before) local.items.set(name, value)
    second.turns.push(done('When?'))
    other.save(second, 'now')
    if (ended) {
      first.turns[1] = ended
      one.save(first, 'now')
    }
    expect(one.current()).toBe(first)
    expect(questions(one.current())).toEqual(['Why?', 'How?'])
    expect(questions(other.current())).toEqual(['Why?', 'When?'])
    expect(one.list()).toHaveLength(2)
  })

  test('that ask at once, one before it sees the other’s answer: it is not lost', () => {
    const { tab } = browser()
    const [one, other] = [tab().page('local'), tab().page('local')]
    const first = talk(one, { question: 'Why?', answer: '', pending: { key: 'k', askedAt: 7 } })
    first.turns[0] = done('Why?')
    one.save(first, 'now')
    // The other tab still has the question without its answer, and a question of its own after it.
    const stale = {
      id: first.id,
      turns: [{ question: 'Why?', answer: '', end: 'failed' as const }, done('How?')],
    }
    other.save({ ...stale, updatedAt: 8 }, 'now')
    const both = [done('Why?'), done('How?')]
    expect(one.current().turns).toEqual(both)
    for (const kept of [other, tab().page('local')]) expect(kept.open(first.id)?.turns).toEqual(both)
  })

  test('that have seen the same answer at different speeds, neither takes it for another', () => {
    const { tab } = browser()
    const one = tab().page('local')
    const first = talk(one, done('Why?'))
    const other = tab().page('local')
    const second = other.current()
    for (const turn of second.turns) {
      turn.speed = { firstTokenMs: 1, tokens: 2, counted: 'usage', tokensPerSecond: 3 }
    }
    other.save(second, 'now')
    expect(one.current()).toBe(first)
  })

  test('that go on with the same conversation, what was said in either is kept', () => {
    const { tab } = browser()
    const [one, other] = [tab(), tab()]
    const here = talk(one.page('local'), done('Why?'))
    const mine = one.page('local')
    const theirs = other.page('local')
    const there = theirs.current()
    const first = mine.current()
    first.turns.push(done('How?'))
    mine.save(first, 'now')
    there.turns.push(done('When?'))
    theirs.save(there, 'now')
    expect(first.id).toBe(here.id)
    expect(there.id).not.toBe(here.id)
    expect(questions(one.page('local').current())).toEqual(['Why?', 'How?'])
    expect(questions(other.page('local').current())).toEqual(['Why?', 'When?'])
    expect(theirs.current()).toBe(there)
    expect(theirs.list()).toHaveLength(2)
    // From here on it is a conversation like any other.
    there.turns.push(done('Who?'))
    theirs.save(there, 'now')
    expect(theirs.list()).toHaveLength(2)
  })

  test('one hears of what the other changed in the list, until it no longer wants to', () => {
    const { tab, tell } = browser()
    const heard: (string | null)[] = []
    const kept = tab().page('local')
    const { id } = talk(kept, done('Why?'))
    const unwatch = kept.watch((id) => heard.push(id))
    tell(`millrace-conversation ${HERE} ${id}`)
    tell(`millrace-conversation ${HERE}:8443 ${id}`)
    tell('theirs')
    tell(null)
    expect(heard).toEqual([id, null])
    unwatch()
    tell(null)
    expect(heard).toHaveLength(2)
  })

  test('with a store each, there is nothing to hear', () => {
    const { tab, tell } = browser()
    const heard = vi.fn()
    tab().page('session').watch(heard)()
    tab().page('none').watch(heard)
    tell(null)
    expect(heard).not.toHaveBeenCalled()
  })
})

describe('in memory alone', () => {
  const none = () => browser().tab().page('none')
  const refused = () =>
    keepConversations({
      storage: 'local',
      scope: HERE,
      stores: { session: refusedStore, local: refusedStore, changes: new EventTarget() },
      now: () => now++,
    })

  test.each([
    ['as is wished', none],
    ['as storage is refused', refused],
  ])('%s, all is there until the page is left', (_, begin) => {
    const kept = begin()
    const why = talk(kept, done('Why?'))
    const how = talk(kept, running)
    kept.save(how, 'soon')
    kept.flush()
    expect(titles(kept)).toEqual(['How?', 'Why?'])
    expect(kept.current()).toBe(how)
    expect(kept.open(why.id)).toEqual(why)
    kept.remove(why.id)
    expect(titles(kept)).toEqual(['How?'])
    expect(kept.current().turns).toEqual([])
    expect(begin().list()).toEqual([])
  })

  test('nothing of it reaches a store', () => {
    const local = fakeStore()
    const tab = browser(local).tab()
    talk(tab.page('none'), done('Why?'))
    expect([local.items.size, tab.session.items.size]).toEqual([0, 0])
    expect(tab.page('none').current().turns).toEqual([])
  })
})

describe('a title that was given', () => {
  const renamed = (kept: Kept, title: string) => {
    const [first] = kept.list()
    kept.rename(first?.id ?? '', title)
    return titles(kept)
  }

  test.each(['session', 'local', 'none'] as const)(
    'is kept with %s storage, and an empty one is the first question',
    (storage) => {
      const tab = browser().tab()
      const kept = tab.page(storage)
      const conversation = talk(kept, done('Why?'))
      const { updatedAt } = conversation
      expect(renamed(kept, '  On\nmills ')).toEqual(['On mills'])
      expect(conversation.updatedAt).toBe(updatedAt)
      conversation.turns.push(done('And?'))
      kept.save(conversation, 'now')
      expect(titles(kept)).toEqual(['On mills'])
      if (storage !== 'none') expect(titles(tab.page(storage))).toEqual(['On mills'])
      expect(renamed(kept, ' ')).toEqual(['Why?'])
      expect(renamed(kept, 'x'.repeat(99))).toEqual([`${'x'.repeat(60)}…`])
      // The first question's own title goes on to follow it.
      renamed(kept, 'Why?')
      conversation.turns.splice(0, 2, done('How?'))
      kept.save(conversation, 'now')
      expect(titles(kept)).toEqual(['How?'])
    },
  )

  test('is not undone by another tab, neither by one that only shows it nor by one that is being answered', () => {
    const here = browser()
    const [one, other] = [here.tab().page('local'), here.tab().page('local')]
    const conversation = talk(one, { ...running })
    const watched = other.open(conversation.id)
    one.rename(conversation.id, 'Mills')
    expect(other.current()).toBe(watched)
    expect(watched?.title).toBe('Mills')
    other.rename(conversation.id, 'Weirs')
    Object.assign(conversation.turns[0] as Turn, { answer: 'By water.', end: 'done' })
    one.save(conversation, 'now')
    expect([titles(one), titles(other), conversation.title]).toEqual([['Weirs'], ['Weirs'], 'Weirs'])
    // Nor is its removal.
    other.rename(conversation.id, '')
    one.save(conversation, 'now')
    expect(titles(other)).toEqual(['How?'])
  })

  test('stays when the oldest turns no longer fit', () => {
    const tab = browser().tab()
    const kept = tab.page()
    const conversation = talk(kept, done('Why?'))
    renamed(kept, 'Mills')
    conversation.turns.push(done('And?', 'x'.repeat(MAX_RECORD_CHARS - 60)))
    kept.save(conversation, 'now')
    const next = tab.page()
    expect([questions(next.current()), titles(next)]).toEqual([['And?'], ['Mills']])
  })

  test('of a conversation that is gone is nothing', () => {
    const kept = browser().tab().page()
    kept.rename('0'.repeat(32), 'Mills')
    expect(titles(kept)).toEqual([])
  })
})

test('conversations are found by their titles and by all that was said in them', () => {
  const kept = browser().tab().page()
  talk(kept, done('Why?', 'The wheel turns.'), done('And?', 'Élan.'))
  talk(kept, done('How?'))
  kept.rename(kept.list()[0]?.id ?? '', 'Wheels')
  const search = createSearch()
  const found = (query: string) => kept.list(search(query)).map(({ title }) => title)
  expect(['', 'wheel', 'TURNS wheel', 'elan', 'how', 'zebra'].map(found)).toEqual([
    ['Wheels', 'Why?'],
    ['Wheels', 'Why?'],
    ['Why?'],
    ['Why?'],
    ['Wheels'],
    [],
  ])
})
