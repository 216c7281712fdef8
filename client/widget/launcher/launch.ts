/** Creates the chat that a script tag with `data-launcher` asks for. */
import { isOn } from '../attributes.ts'
import type { MillraceChat } from '../millrace-chat.ts'

/**
 * @param url the script's own
 * @returns the element in the page; `undefined` if no tag of this script has `data-launcher`
 */
export function launch(url: string): MillraceChat | undefined {
  const script = Array.from(document.scripts).find((tag) => tag.src === url && isOn(tag.dataset.launcher))
  if (!script) return undefined
  // Another version's script has created a chat: two would overlap.
  const there = document.querySelector<MillraceChat>(':root > millrace-chat')
  if (there) return there
  const chat = document.createElement('millrace-chat')
  for (const { name, value } of script.attributes) {
    if (name.startsWith('data-')) chat.setAttribute(name.slice('data-'.length), value)
  }
  // Not in `body`: a site that replaces its body on navigation keeps the chat.
  document.documentElement.append(chat)
  return chat
}
