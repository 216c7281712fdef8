/** Assembles the page: the chat widget, and the race. */
import { MillraceChat } from '../widget/define.ts'
import { atFirstUse } from '../widget/visitor/first-use.ts'
import { createVisitor } from '../widget/visitor/visitor.ts'
import { createAnnouncer } from './announcer.ts'
import { findElement } from './find-element.ts'
import { loadRace } from './load-race.ts'
import { createModelPicker } from './model-picker.ts'
import { isDemo } from './offer.ts'
import { followAddress } from './places.ts'
import { STARTERS } from './starters.ts'

const page = (selector: string) => findElement(document, selector, HTMLElement)
const chat = findElement(document, 'millrace-chat', MillraceChat)
const inRace = () => document.documentElement.dataset.place === 'race'
const visitor = createVisitor('', 'session', () => page(inRace() ? '#race-challenge' : '#challenge'))
const { session, enterKey } = visitor
chat.visitor = visitor
const demo = isDemo()
const [places, choice, notice] = [page('#places'), page('#model'), page('#demo')]
const models = createModelPicker(choice, findElement(document, '#model select', HTMLSelectElement), () => {
  const model = models.chosen()
  if (model === undefined) chat.removeAttribute('model')
  else chat.setAttribute('model', model)
})

const setBusy = (busy: boolean) => document.documentElement.classList.toggle('busy', busy)
chat.setAttribute('starters', STARTERS.join('|'))
page('#skip').addEventListener('click', (event) => {
  if (inRace()) return
  event.preventDefault()
  chat.focus()
})
void demo.then((runsDemo) => {
  notice.hidden = !runsDemo
})
// Uses an existing session, if any: none is requested before the page is used.
void models.load((path) => fetch(path, { headers: session.headers() }))
atFirstUse(chat, () => {
  // Load the models again with the session that the first use of the chat requests: without one the server
  // may list none.
  if (models.chosen() === undefined) void models.load(session.fetch)
})
// The mill wheel turns while an answer streams.
chat.addEventListener('millrace-delta', () => setBusy(true))
chat.addEventListener('millrace-answer', () => setBusy(false))
chat.addEventListener('millrace-error', () => setBusy(false))
// The visitor may have entered an API key for this answer, which may make models available.
chat.addEventListener('millrace-answer', () => {
  if (models.chosen() === undefined) void models.load(session.fetch)
})

const race = loadRace({
  place: page('#race-place'),
  announcer: createAnnouncer(page('#announcer')),
  demo,
  send: session.fetch,
  ready: session.ready,
  model: models.chosen,
  busy: (busy) => document.documentElement.classList.toggle('racing', busy),
  retried(key) {
    if (key !== undefined) enterKey(key)
    void models.load(session.fetch)
  },
})

followAddress((place, arrived) => {
  const toRace = place === 'race'
  document.documentElement.dataset.place = place
  document.title = toRace ? 'The race · Millrace' : 'Millrace'
  chat.hidden = toRace
  // Both places show the links, the model picker and the demo notice.
  const moved = [places, choice]
  if (toRace) {
    page('.top > .column').append(...moved)
    page('#race-place').prepend(notice)
  } else chat.append(...moved, notice)
  for (const link of places.querySelectorAll('a')) {
    if (link.hash === `#${place}`) link.ariaCurrent = 'page'
    else link.ariaCurrent = null
  }
  if (toRace) {
    if (arrived === 'moved') scrollTo(0, 0)
    race.enter(arrived === 'moved')
  } else if (arrived === 'moved') {
    race.leave()
    findElement(places, '[href="#race"]', HTMLElement).focus({ preventScroll: true })
  }
})
