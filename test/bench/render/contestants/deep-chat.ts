import 'deep-chat'
import type { DeepChat } from 'deep-chat'
import type { Start } from './contestant.ts'

export const start: Start = async (place) => {
  const chat = document.createElement('deep-chat') as DeepChat
  chat.style.width = '100%'
  chat.style.height = '100%'
  const opened = Promise.withResolvers<{ onResponse(response: { text: string }): unknown; onClose(): void }>()
  chat.connect = {
    stream: true,
    handler(_body, signals) {
      signals.onOpen()
      opened.resolve(signals)
    },
  }
  const rendered = Promise.withResolvers<void>()
  chat.onComponentRender = () => rendered.resolve()
  place.append(chat)
  await rendered.promise
  chat.submitUserMessage({ text: 'Why?' })
  const signals = await opened.promise
  return {
    write: (delta) => void signals.onResponse({ text: delta }),
    end: () => signals.onClose(),
    // It scrolls by itself.
    scroller: undefined,
  }
}
