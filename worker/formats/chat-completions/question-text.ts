/** What a chat request says, for moderation. */
import { isOwnersPrompt, questionTexts, type Vocabulary, wordsOf } from '../question-text.ts'
import questionWords from './question-words.txt'
import type { ChatRequest } from './wire.ts'

/** @param ownersPrompt the system prompt that the owner has put before the messages */
export function chatTexts(request: ChatRequest, ownersPrompt: string | undefined): string[] {
  // The model's name is the Worker's to read, not the model's.
  const { messages, model: _, ...others } = request
  const own = messages.filter((message) => !isOwnersPrompt(message, 'system', ownersPrompt))
  return questionTexts(
    [
      ['messages', own],
      ['', others],
    ],
    VOCABULARY,
  )
}

const VOCABULARY: Vocabulary = {
  words: wordsOf(questionWords),
  enumerated: new Set(
    'role type detail format modalities reasoning_effort service_tier verbosity tool_choice'.split(' '),
  ),
  namedByCaller: new Set(['properties', 'metadata']),
  files: new Set(['image_url', 'input_audio', 'file']),
  fileFields: new Set(['image_url', 'url', 'data', 'file_data']),
}
