/** A stand-in for what `widget.js` is. */
import './define.ts'

const script = document.querySelector<HTMLScriptElement>(`script[src="${import.meta.url}"][data-launcher]`)
if (script) {
  const chat = document.createElement('millrace-chat')
  for (const [name, value] of Object.entries(script.dataset)) chat.setAttribute(name, value ?? '')
  document.body.append(chat)
}
