/** Assembles the page: the chat widget, and the race. */
import { MillraceChat } from '../widget/define.ts'
import { atFirstUse } from '../widget/visitor/first-use.ts'
import { createHealth } from '../widget/visitor/health.ts'
import { createVisitor } from '../widget/visitor/visitor.ts'
import { createAnnouncer } from './announcer.ts'
import { findElement } from './find-element.ts'
import { createLazyPlace, type LazyPlace } from './lazy-place.ts'
import { createModelPicker } from './model-picker.ts'
import { followAddress } from './places.ts'
import { STARTERS } from './starters.ts'

const page = (selector: string) => findElement(document, selector, HTMLElement)
const chat = findElement(document, 'millrace-chat', MillraceChat)
const inRace = () => document.documentElement.dataset.place === 'race'
const visitor = createVisitor('', 'session', () => page(inRace() ? '#race-challenge' : '#challenge'))
const { session, enterKey } = visitor
chat.visitor = visitor
const health = createHealth('')
const demo = health().then((health) => health?.upstream === 'demo')
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
/** With the session that there is, if any: none is requested before the page is used. */
const sendQuietly: typeof fetch = (path) => fetch(path, { headers: session.headers() })
void models.load(sendQuietly)
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

const announcer = createAnnouncer(page('#announcer'))
const race = createLazyPlace({
  element: page('#race-place'),
  load: async () => {
    const { createRace } = await import('./race/race.ts')
    return createRace({
      announcer,
      demo,
      runsCode: health().then((health) => health?.run_code === true),
      send: session.fetch,
      ready: session.ready,
      model: models.chosen,
      busy: (busy) => document.documentElement.classList.toggle('racing', busy),
      retried(key) {
        if (key !== undefined) enterKey(key)
        void models.load(session.fetch)
      },
    })
  },
  left: (race) => race.stop(),
  failed: 'The race could not be loaded',
  announcer,
})
const embed = createLazyPlace({
  element: page('#embed-place'),
  load: async () => {
    const { createTagMaker } = await import('./embed/tag-maker.ts')
    return createTagMaker(page('#embed-place'), announcer, sendQuietly)
  },
  failed: 'The tag maker could not be loaded',
  announcer,
})

const PLACES = {
  chat: { title: 'Millrace', element: chat, content: undefined },
  race: { title: 'The race · Millrace', element: page('#race-place'), content: race },
  embed: { title: 'Embed · Millrace', element: page('#embed-place'), content: embed },
}

let left: LazyPlace | undefined
followAddress((place, arrived) => {
  const { title, element, content } = PLACES[place]
  document.documentElement.dataset.place = place
  document.title = title
  // The chat has a header of its own.
  chat.hidden = content !== undefined
  page('.top').hidden = content === undefined
  left?.leave()
  left = content
  // What all places show: the links, the models to ask, and whether this is a demo.
  if (content) {
    page('.top > .column').append(places, choice)
    element.prepend(notice)
  } else chat.append(places, choice, notice)
  for (const link of places.querySelectorAll('a')) {
    link.ariaCurrent = link.hash === `#${place}` ? 'page' : null
  }
  if (arrived === 'moved') scrollTo(0, 0)
  content?.enter(arrived === 'moved')
  if (!content && arrived === 'moved') {
    findElement(places, '[aria-current]', HTMLElement).focus({ preventScroll: true })
  }
})
