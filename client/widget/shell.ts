/** What of the widget is there at once: its place in the page, its look, and a launcher's bubble. */
import { isLauncher, type Settings } from './attributes.ts'
import { type Bubble, createBubble } from './launcher/bubble.ts'
import type { Strings } from './strings/en.ts'
import { directionOf, type Language } from './strings/load-strings.ts'
import { adopt } from './style/adopt.ts'
import { SHELL_STYLES } from './style/shell-styles.ts'
import { create } from './view/element.ts'

export interface Shell {
  /** What all is in. */
  root: HTMLElement
  language: Language
  strings: Strings
  /** As long as it is a launcher. */
  readonly bubble: Bubble | undefined
  settings(): Settings
  /** Shows the settings as they are now. */
  update(): void
  /** Says that the rest could not be loaded. */
  showFailure(retry: () => void): void
  remove(): void
}

/** @param on `pressed` and `near` are told of the bubble */
export function createShell(
  shadow: ShadowRoot,
  language: Language,
  strings: Strings,
  settings: () => Settings,
  on: { pressed(): void; near(): void },
): Shell {
  const root = create('div', { class: 'root', lang: language, dir: directionOf(language) })
  let bubble: Bubble | undefined
  let failure: HTMLElement | undefined

  adopt(shadow, SHELL_STYLES)
  shadow.append(root)

  return {
    root,
    language,
    strings,
    get bubble() {
      return bubble
    },
    settings,
    update() {
      const { theme, position } = settings()
      root.dataset.theme = theme
      root.dataset.position = position
      if (!isLauncher(position)) {
        bubble?.element.remove()
        bubble = undefined
      } else if (!bubble) {
        bubble = createBubble(strings, on)
        root.prepend(bubble.element)
      }
    },
    showFailure(retry) {
      failure?.remove()
      const button = create('button', { type: 'button', class: 'solid' }, strings.retry)
      const shown = create(
        'div',
        { class: 'unloaded', role: 'alert' },
        create('p', {}, `${strings.offline}. ${strings.offlineAdvice}`),
        button,
      )
      button.addEventListener('click', () => {
        shown.remove()
        retry()
      })
      root.append(shown)
      failure = shown
    },
    remove: () => root.remove(),
  }
}
