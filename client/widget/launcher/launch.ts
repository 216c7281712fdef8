/** Makes the chat that a script tag asks for. */
import { isOn } from '../attributes.ts'
import type { MillraceChat } from '../millrace-chat.ts'

/**
 * @param url the script's own
 * @returns the element, in the page; `undefined` where no tag of this script has `data-launcher`
 */
export function launch(url: string): MillraceChat | undefined {
  const script = Array.from(document.scripts).find((tag) => tag.src === url && isOn(tag.dataset.launcher))
  if (!script) return undefined
  // The tag of another version has made one: two would lie upon each other.
  const there = document.querySelector<MillraceChat>(':root > millrace-chat')
  if (there) return there
  const chat = document.createElement('millrace-chat')
  for (const { name, value } of script.attributes) {
    if (name.startsWith('data-')) chat.setAttribute(name.slice('data-'.length), value)
  }
  // Not in the body: a site that puts a new one in its place, as it goes from page to page, doesn't lose the chat.
  document.documentElement.append(chat)
  return chat
}
