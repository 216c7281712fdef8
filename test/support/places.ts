/**
 * Every place of a message that can hold text, and the field that a visitor must be allowed for it. Text in
 * each of them must be counted.
 */
export const PLACES: [place: string, put: (text: unknown) => object, field?: string][] = [
  ['in its content', (text) => ({ role: 'user', content: text })],
  ['in a part', (text) => ({ role: 'user', content: [{ type: 'text', text }] })],
  ['in a refusal beside content', (text) => ({ role: 'assistant', content: 'ok', refusal: text })],
  ['in a refusal alone', (text) => ({ role: 'assistant', refusal: text })],
  [
    'in a part that refuses',
    (text) => ({ role: 'assistant', content: [{ type: 'refusal', refusal: text }] }),
  ],
  ['in a name', (name) => ({ role: 'user', content: 'hi', name }), 'name'],
  ['in a name that is no text', (name) => ({ role: 'user', content: 'hi', name: [name] }), 'name'],
  ['in an audio’s id', (id) => ({ role: 'assistant', audio: { id } }), 'audio'],
  ['in a call', (text) => aCall({ function: { name: 'f', arguments: text } }), 'tools'],
  [
    'in a call’s arguments that are no text',
    (text) => aCall({ function: { name: 'f', arguments: [text] } }),
    'tools',
  ],
  [
    'in a call’s further fields',
    (text) => aCall({ function: { name: 'f', arguments: '{}', note: text } }),
    'tools',
  ],
  ['in a call’s id', (id) => aCall({ id, function: { name: 'f', arguments: '{}' } }), 'tools'],
  ['in a call of a custom tool', (input) => aCall({ type: 'custom', custom: { name: 'f', input } }), 'tools'],
  ['in calls that are no list', (text) => ({ role: 'assistant', tool_calls: { text } }), 'tools'],
  [
    'in a call of the old form',
    (text) => ({ role: 'assistant', function_call: { name: 'f', arguments: text } }),
    'functions',
  ],
  ['in a result’s id', (id) => ({ role: 'tool', tool_call_id: id, content: 'ok' }), 'tools'],
]

function aCall(call: object): object {
  return { role: 'assistant', content: 'ok', tool_calls: [{ id: '1', type: 'function', ...call }] }
}
