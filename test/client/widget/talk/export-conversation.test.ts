import { createRequire } from 'node:module'
import fc from 'fast-check'
import { Lexer, lexer, type Token, type Tokens } from 'marked'
import { describe, expect, test } from 'vitest'
import { NOTES, type Note, type Turn } from '../../../../client/widget/talk/conversation.ts'
import { toJson, toMarkdown } from '../../../../client/widget/talk/export-conversation.ts'
import { anyTurn, done, running } from './samples.ts'

/** It has no types. */
const { tests: specification } = createRequire(import.meta.url)('commonmark-spec') as {
  tests: { markdown: string }[]
}

const words = {
  you: 'You',
  picture: 'Picture {number}',
  assistant: 'Assistant',
  notes: Object.fromEntries(NOTES.map((note) => [note, `${note}.`])) as Record<Note, string>,
  failed: 'It broke off.',
  pending: 'It was still coming.',
}

const markdown = (...turns: Turn[]) => toMarkdown({ id: 'a', turns, updatedAt: 7 }, words)

/** What a reader of the Markdown sees as the headings of the whole, whatever headings an answer has inside. */
const headings = (text: string) =>
  // Without what is within their lines, which takes most of the time.
  new Lexer()
    .blockTokens(text.replace(/\r\n?/g, '\n'))
    .filter((token: Token): token is Tokens.Heading => token.type === 'heading')
    .map((token) => token.text)

describe('as Markdown', () => {
  test('who said what can be told', () => {
    expect(markdown(done('Why?\nAnd how?', '# Because\n\n```js\nlet a\n```'), done('When?', 'Now.'))).toBe(
      `# Why? And how?

## You

> Why?${'  '}
> And how?

## Assistant

# Because

\`\`\`js
let a
\`\`\`

## You

> When?

## Assistant

Now.
`,
    )
  })

  test.each<[Partial<Turn>, string]>([
    [{ end: 'stopped', note: 'stopped-here' }, 'stopped-here.'],
    [{ end: 'stopped' }, 'stopped.'],
    [{ end: 'withheld' }, 'withheld.'],
    [{ end: 'withheld', answer: '' }, 'withheld-all.'],
    [{ end: 'done', note: 'too-long' }, 'too-long.'],
    [{ end: 'failed' }, 'It broke off.'],
    [{ end: 'failed', answer: '' }, 'It broke off.'],
    [{ pending: { key: 'k', askedAt: 7 } }, 'It was still coming.'],
  ])('an answer that is %j says so', (turn, ending) => {
    const lines = markdown({ question: 'Why?', answer: 'Be', ...turn })
      .trimEnd()
      .split('\n\n')
    expect(lines.slice(4).filter((line) => line !== 'Be')).toEqual([`*${ending.replace('_', '\\_')}*`])
  })

  test('has nothing that moderation may still take back', () => {
    const turn = { ...running, answer: 'By βόμβα', unjudged: 6 }
    expect(markdown(turn)).toBe(markdown(running))
    const conversation = { id: 'a', turns: [turn], updatedAt: 7 }
    expect(JSON.stringify(toJson(conversation))).not.toContain('β')
  })

  test('an empty conversation is an empty text', () => {
    expect(markdown()).toBe('')
  })

  test('a title is what was asked, not what its characters would do', () => {
    const [heading] = lexer(markdown(done('What do <b>, *args, `x`, a_b_c, [1] and # do? #')))
    expect(heading).toMatchObject({ type: 'heading', depth: 1 })
    const shown = (heading as { tokens: { text: string }[] }).tokens.map(({ text }) => text).join('')
    expect(shown.replaceAll('&lt;', '<').replaceAll('&gt;', '>')).toBe(
      'What do <b>, *args, `x`, a_b_c, [1] and # do? #',
    )
  })

  test.each([
    ['```js\nlet a', '```js\nlet a\n```'],
    ['~~~~\n```\na\n~~~', '~~~~\n```\na\n~~~\n~~~~'],
    ['a\n```\nb\n```\nc', 'a\n```\nb\n```\nc'],
    ['- a\n\n  ```js\n  b\n  ```\n- c', '- a\n\n  ```js\n  b\n  ```\n- c'],
    ['    code\n', '    code'],
    // In a list its end is the list's; if it isn't in one, the quote's.
    ['- a\n  ```\n  b', '> - a\n>   ```\n>   b'],
    ['2. ```\n   a\n   ```', '> 2. ```\n>    a\n>    ```'],
    // A list ends before its code does, and what would have closed it opens another.
    ['- a\n\n  ```\n  b\nc\n  ```\nd', '> - a\n>\n>   ```\n>   b\n> c\n>   ```\n> d'],
    // Too far in to close it, unless in a list.
    ['  ```\n      ```', '>   ```\n>       ```'],
    ['<!-- a\n\nb', '> <!-- a\n>\n> b'],
    ['<div>\n```\n</div>', '> <div>\n> ```\n> </div>'],
  ])('of an answer that ends like %j, nothing reaches the next question', (answer, shown) => {
    const text = markdown(done('Why?', answer), done('How?'))
    expect(text).toContain(`## Assistant\n\n${shown}\n\n## You`)
  })

  const END = '\n\n*stopped.*\n\n## You\n\n> How?\n\n## Assistant\n\nSo.\n'
  const intact = (answer: string, question = 'Why?') => {
    const text = markdown({ question, answer, end: 'stopped', note: 'stopped' }, done('How?', 'So.'))
    const shown = headings(text)
    const turns = [...shown.slice(1, 3), ...shown.slice(-2)].join()
    // It is done ten thousand times: an `expect` each would take longer than what it looks at.
    if (turns !== 'You,Assistant,You,Assistant' || !text.endsWith(END)) expect.fail(text)
  }

  test('every example of CommonMark’s specification stays within its answer, wherever it is cut', () => {
    expect(specification.length).toBeGreaterThan(600)
    const beginnings = new Set<string>()
    for (const { markdown } of specification) {
      const answer = markdown.replaceAll('→', '\t')
      for (let cut = 1; cut <= answer.length; cut++) beginnings.add(answer.slice(0, cut))
    }
    for (const answer of beginnings) intact(answer)
  })

  test('whatever is put together of what opens and closes stays within its answer, or its question', () => {
    const line = fc
      .tuple(
        fc.constantFrom('', '', '', ' ', '  ', '   ', '    ', '\t', '> ', '- ', '1. ', '2. ', '- - '),
        fc.constantFrom(
          '',
          '```',
          '```js',
          '````',
          '~~~',
          '``` a`',
          'text',
          '# a',
          '---',
          '<!--',
          '-->',
          '<pre>',
          '</pre>',
          '<div>',
          '<?',
          '<b>',
          '<![CDATA[',
          '<!x',
        ),
      )
      .map((parts) => parts.join(''))
    const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n'))
    fc.assert(
      fc.property(text, text, (answer, question) => intact(answer, question)),
      { numRuns: 500 },
    )
  })
})

describe('as data', () => {
  const told = (...turns: Turn[]) => toJson({ id: 'a', turns, updatedAt: 0 }, 60_000)

  test('messages are OpenAI’s, and all else stands beside them', () => {
    const speed = { firstTokenMs: 930, tokens: 414, counted: 'usage', tokensPerSecond: 11.4 } as const
    const trouble = {
      code: 'network',
      status: null,
      message: 'Lost.',
      requestId: 'req_1',
      retryAfterMs: 0,
      began: false,
      at: 7,
    }
    const turns: Turn[] = [
      { ...done('Why?'), speed, rating: 'up' },
      { question: 'And?', answer: '', end: 'failed', trouble },
      running,
    ]
    const nothing = { note: null, rating: null, context: null, sources: [], speed: null, error: null }
    expect(told(...turns)).toEqual({
      version: 1,
      exported_at: '1970-01-01T00:01:00.000Z',
      id: 'a',
      title: 'Why?',
      updated_at: '1970-01-01T00:00:00.000Z',
      messages: [
        { role: 'user', content: 'Why?' },
        { role: 'assistant', content: 'Because.' },
        { role: 'user', content: 'And?' },
        { role: 'user', content: 'How?' },
        { role: 'assistant', content: 'By' },
      ],
      turns: [
        {
          ...nothing,
          question: 0,
          answer: 1,
          end: 'done',
          rating: 'up',
          speed: { first_token_ms: 930, tokens: 414, counted: 'usage', tokens_per_second: 11.4 },
        },
        {
          ...nothing,
          question: 2,
          answer: null,
          end: 'failed',
          error: { code: 'network', status: null, message: 'Lost.', request_id: 'req_1' },
        },
        { ...nothing, question: 3, answer: 4, end: 'pending' },
      ],
    })
  })

  test('each turn finds its messages, and nothing is lost as JSON', () => {
    fc.assert(
      fc.property(fc.array(anyTurn), (turns) => {
        const data = told(...turns)
        expect(JSON.parse(JSON.stringify(data))).toEqual(data)
        for (const [index, { question, answer }] of data.turns.entries()) {
          expect(data.messages[question]?.content).toBe(turns[index]?.question)
          expect(answer === null ? '' : data.messages[answer]?.content).toBe(turns[index]?.answer)
        }
      }),
    )
  })

  test('a time that makes no sense does not keep the rest from being told', () => {
    expect(toJson({ id: 'a', turns: [done('Why?')], updatedAt: 1e300 }, 0).messages).toHaveLength(2)
  })
})
