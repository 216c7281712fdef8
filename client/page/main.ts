/** Puts the page together. */
import { createAnnouncer } from './announcer.ts'
import { createChat } from './chat.ts'
import { createComposer } from './composer.ts'
import { followEnd } from './follow-end.ts'
import { createModelPicker } from './model-picker.ts'
import { isDemo } from './offer.ts'
import { part } from './part.ts'
import { showStarters } from './starters.ts'

const page = (selector: string) => part(document, selector, HTMLElement)
const welcome = page('#welcome')
const clear = page('#clear')

const models = createModelPicker(page('#model'), part(document, '#model select', HTMLSelectElement))
const follow = followEnd(page('main'), part(document, '#latest', HTMLButtonElement))
const composer = createComposer(page('#composer'), { ask, stop: () => chat.stop() })
const chat = createChat({
  list: page('#turns'),
  announcer: createAnnouncer(page('#announcer')),
  model: models.chosen,
  busy(busy) {
    document.documentElement.classList.toggle('busy', busy)
    composer.setBusy(busy)
  },
  retried() {
    composer.focus()
    // A key may have been given, with which there are models to choose from.
    void models.load()
  },
})

function ask(question: string): void {
  welcome.hidden = true
  clear.hidden = false
  chat.ask(question)
  follow.start()
}

clear.addEventListener('click', () => {
  follow.stop()
  chat.clear()
  clear.hidden = true
  welcome.hidden = false
  scrollTo(0, 0)
  composer.focus()
})
showStarters(page('#starters'), ask)
void models.load()
void isDemo().then((demo) => {
  page('#demo').hidden = !demo
})
