/** Loads a place of the page, code and style, when the reader first opens it. */
import { en } from '../widget/strings/en.ts'
import { createTroubleCard, type TroubleCard } from '../widget/view/trouble-card.ts'
import type { Announcer } from './announcer.ts'
import { findElement } from './find-element.ts'

export interface LazyPlace {
  /** @param focus whether the place's heading takes the focus, because the reader came by a link */
  enter(focus: boolean): void
  leave(): void
}

interface LazyPlaceOptions<Content> {
  /** The place's element, hidden until the place can be used. */
  element: HTMLElement
  load(): Promise<Content>
  /** Called when the reader leaves the place. */
  left?(content: Content): void
  /** The heading of the error if it can't be loaded. */
  failed: string
  announcer: Announcer
}

export function createLazyPlace<Content>({
  element,
  load,
  left,
  failed,
  announcer,
}: LazyPlaceOptions<Content>): LazyPlace {
  let content: Promise<Content> | undefined
  let trouble: TroubleCard | undefined
  let inside = false

  async function open(focus: boolean): Promise<void> {
    trouble?.remove()
    try {
      content ??= load()
      await content
      if (!inside) return
      element.hidden = false
      if (focus) findElement(element, 'h1', HTMLElement).focus({ preventScroll: true })
    } catch {
      content = undefined
      if (!inside) return
      const advice = 'Check your connection, then load the page again.'
      announcer.say(`${failed}. ${advice}`)
      const explanation = {
        title: failed,
        advice,
        kept: '',
        retry: en.retry,
        startOver: false,
        key: 'none' as const,
        isLimit: false,
        waitMs: 0,
        saysWhen: false,
        details: [],
      }
      // Browsers and bundlers cache a failed import, so only a new page loads it again.
      trouble = createTroubleCard(explanation, en, () => location.reload())
      element.before(trouble.element)
    }
  }

  return {
    enter(focus) {
      inside = true
      void open(focus)
    },
    leave() {
      inside = false
      element.hidden = true
      trouble?.remove()
      // `open` has shown the error already.
      void content?.then(left).catch(() => {})
    },
  }
}
