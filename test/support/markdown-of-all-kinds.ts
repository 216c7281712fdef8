/** An answer with every kind of Markdown in it, some of it wider than any panel. */
export const ALL_KINDS = `# A heading

A paragraph with *emphasis*, **strong words**, ~~deleted ones~~, \`code\`, and [a link](https://example.com/mills).

## Another

> A quotation of some length.

- One
- Two
  - Deeper
- [x] Done
- [ ] To do

1. First
2. Second

| Name | Length | What it is for, said at some length so that the table becomes wide |
|---|--:|---|
| Millrace | 300 m | It leads the water to the wheel |

\`\`\`js
const answer = await fetch('https://millrace.example.com/v1/streams', { method: 'POST', body: JSON.stringify({ question: 'Why?' }) })
\`\`\`

---

![A mill](https://images.example.com/mill.png)

The end.`
