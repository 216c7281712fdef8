/**
 * The answer to a question that the demo has no answer to: what the demo is, and how to have a model answer.
 */

/** @param questions those that have a prepared answer */
export const unprepared = (questions: readonly string[]): string => `## No model is connected yet

This is Millrace’s **demo**, and it can’t answer that: no model has read your question. What you see is prepared text, \
sent as a model’s answer would be, at the pace of one: the first token after 0.4 s, then 90 a second.

### Connect a model

On your own machine, stop the server with \`Ctrl-C\` and start it with your key:

\`\`\`sh
OPENAI_API_KEY=sk-… npm start
\`\`\`

Where it is deployed, give the Worker the key as a secret:

\`\`\`sh
npx wrangler secret put OPENAI_API_KEY
\`\`\`

The key stays in the Worker: no page, answer or log has it. For another server that speaks OpenAI’s format, set \
\`OPENAI_BASE_URL\` too.

### What an answer can look like

Text with **bold**, *italic*, ~~struck~~ and \`code\`, and [links](https://commonmark.org/help/).

> A quote.

1. lists with numbers
2. lists in lists
   - [x] a task that is done
   - [ ] one that isn’t

| This answer | Streamed | In one piece |
|:--|--:|--:|
| First words | 0.4 s | 4.5 s |
| All of it | 4.5 s | 4.5 s |

### What the demo can answer

${questions.map((question) => `- ${question}`).join('\n')}
`
