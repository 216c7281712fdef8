/** Puts the page together. */
import { createSession } from '../stream/session.ts'
import { accessKey } from './access-key.ts'
import { createAllowance } from './allowance.ts'
import { createAnnouncer } from './announcer.ts'
import { createChat } from './chat.ts'
import { createComposer } from './composer.ts'
import { followEnd } from './follow-end.ts'
import { keepTurns } from './kept-turns.ts'
import { createModelPicker } from './model-picker.ts'
import { isDemo } from './offer.ts'
import { part } from './part.ts'
import { followAddress } from './places.ts'
import { createRaceDoor } from './race-door.ts'
import { showStarters } from './starters.ts'
import { keepInTab } from './tab-store.ts'
import { warmOnce } from './warm.ts'

const page = (selector: string) => part(document, selector, HTMLElement)
const welcome = page('#welcome')
const clear = page('#clear')

const announcer = createAnnouncer(page('#announcer'))
const session = createSession('', {
  key: accessKey,
  store: keepInTab('millrace-session'),
  async solveChallenge(siteKey) {
    const { solveChallenge } = await import('./turnstile.ts')
    return solveChallenge(siteKey, page('#challenge'))
  },
})
const allowance = createAllowance(page('#allowance'), session.fetch)
const send = allowance.watch(session.fetch)
const demo = isDemo()
const models = createModelPicker(page('#model'), part(document, '#model select', HTMLSelectElement))
const follow = followEnd(page('main'), part(document, '#latest', HTMLButtonElement))
const composer = createComposer(page('#composer'), { ask, stop: () => chat.stop() })
const kept = keepTurns()
let answering = false
const chat = createChat({
  list: page('#turns'),
  announcer,
  kept,
  send,
  model: models.chosen,
  busy(busy) {
    if (answering && !busy) void allowance.update()
    answering = busy
    document.documentElement.classList.toggle('busy', busy)
    composer.setBusy(busy)
  },
  retried() {
    composer.focus()
    // A key may have been given, with which there are models to choose from.
    void models.load(send)
  },
})

function showConversation(): void {
  welcome.hidden = true
  clear.hidden = false
}

function ask(question: string): void {
  showConversation()
  chat.ask(question)
  follow.start()
}

// It was there before the page was loaded anew.
if (!chat.empty) showConversation()
if (answering) follow.start()
addEventListener('pagehide', kept.flush)
warmOnce(send, () => {
  // As a visitor: before there was a session, nothing was told.
  if (models.chosen() === undefined) void models.load(send)
})

clear.addEventListener('click', () => {
  follow.stop()
  chat.clear()
  clear.hidden = true
  welcome.hidden = false
  scrollTo(0, 0)
  composer.focus()
})
showStarters(page('#starters'), ask)
// With what is at hand: no session is asked for before the page is used.
void models.load((path) => fetch(path, { headers: session.headers() }))
void demo.then((is) => {
  page('#demo').hidden = !is
})

const race = createRaceDoor({
  place: page('#race-place'),
  announcer,
  demo,
  send,
  ready: session.ready,
  model: models.chosen,
  busy(busy) {
    if (!busy) void allowance.update()
    document.documentElement.classList.toggle('racing', busy)
  },
  retried: () => void models.load(send),
})
let chatTop = 0

followAddress((place, arrived) => {
  const toRace = place === 'race'
  // Of the chat, before it goes out of view.
  if (toRace) chatTop = document.documentElement.scrollTop
  document.documentElement.dataset.place = place
  document.title = toRace ? 'The race · Millrace' : 'Millrace'
  part(document, '#skip', HTMLAnchorElement).hash = toRace ? 'race-question' : 'question'
  if (toRace) {
    follow.stop()
    if (arrived === 'moved') scrollTo(0, 0)
    race.enter(arrived === 'moved')
  } else if (arrived === 'moved') {
    race.leave()
    page('#to-race').focus({ preventScroll: true })
    scrollTo(0, chatTop)
    // An answer that went on coming is followed again.
    if (answering) follow.start()
  }
})
