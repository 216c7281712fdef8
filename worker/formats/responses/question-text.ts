/** What a request of the Responses API says, for moderation. */
import type { OwnersTool } from '../format.ts'
import { isOwnersPrompt, questionTexts, type Vocabulary, wordsOf } from '../question-text.ts'
import questionWords from './question-words.txt'
import { itemsOf, type ResponsesRequest } from './request-items.ts'

/**
 * @param ownersPrompt the system prompt that the owner has put before the input
 * @param ownersTools what the owner has put into `tools`
 */
export function responsesTexts(
  request: ResponsesRequest,
  ownersPrompt: string | undefined,
  ownersTools: readonly OwnersTool[],
): string[] {
  // The model's name and the answer before are the Worker's to read, not the model's.
  const { input: _, tools, model: _model, previous_response_id: _previous, ...others } = request
  const items = itemsOf(request).filter((item) => !isOwnersPrompt(item, 'developer', ownersPrompt))
  const owners = new Set(ownersTools.map((tool) => JSON.stringify(tool)))
  const own = tools?.filter((tool) => !owners.has(JSON.stringify(tool)))
  return questionTexts(
    [
      ['input', items],
      ['', { tools: own, ...others }],
    ],
    VOCABULARY,
  )
}

const VOCABULARY: Vocabulary = {
  words: wordsOf(questionWords),
  enumerated: new Set(
    `type role detail format status phase effort summary verbosity service_tier truncation tool_choice
    search_context_size include`.split(/\s+/),
  ),
  namedByCaller: new Set(['properties', 'metadata', 'variables']),
  files: new Set(
    `input_image input_file input_audio computer_screenshot image_generation_call reasoning compaction`.split(
      ' ',
    ),
  ),
  fileFields: new Set(['image_url', 'file_url', 'file_data', 'data', 'result', 'encrypted_content']),
}
