import { expect, test } from 'vitest'
import { toInput } from '../../../../client/widget/responses/to-input.ts'

test('texts stay, and parts get the names of the Responses API', () => {
  const url = 'data:image/jpeg;base64,AA=='
  expect(
    toInput([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What?' },
          { type: 'image_url', image_url: { url } },
        ],
      },
      { role: 'assistant', content: 'A mill.' },
    ]),
  ).toEqual([
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'What?' },
        { type: 'input_image', image_url: url },
      ],
    },
    { role: 'assistant', content: 'A mill.' },
  ])
})
