/** What of an answer is sent back with the next question, where the upstream has stored nothing. */
import { expect, test } from 'vitest'
import { conversationItems } from '../../../worker/formats/responses/conversation.ts'

const TEXT = [{ type: 'output_text', text: 'Blue.', annotations: [] }]
const MESSAGE = { type: 'message', role: 'assistant', content: TEXT }
const CALL = { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' }
const THOUGHT = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAAA' }

test.each([
  ['a message, without its id', [{ ...MESSAGE, id: 'msg_1', status: 'completed' }], [MESSAGE]],
  ['a call of the caller’s own tool', [{ ...CALL, id: 'fc_1', status: 'completed' }], [CALL]],
  ['reasoning in its encrypted form, as it came', [THOUGHT], [THOUGHT]],
  ['no reasoning that the upstream would look up', [{ ...THOUGHT, encrypted_content: null }], []],
  ['no search of the upstream’s own', [{ id: 'ws_1', type: 'web_search_call', status: 'completed' }], []],
  [
    'all of them, in order',
    [THOUGHT, { ...CALL, id: 'x' }, { ...MESSAGE, id: 'y' }],
    [THOUGHT, CALL, MESSAGE],
  ],
  ['nothing of what is no item', [null, 'text', 7, { type: 3 }], []],
  ['nothing of what is no list', 'text', []],
])('%s', (_, output, sent) => expect(conversationItems(output)).toEqual(sent))
