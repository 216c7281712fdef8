/** Millrace as a package: what is in it, what its types know, and that importing it does nothing. */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Consumer, createConsumer } from '../support/consumer.ts'

const run = promisify(execFile)
let consumer: Consumer
beforeAll(async () => {
  consumer = await createConsumer('react', '@types/react', 'csstype', 'vue', '@vue', 'svelte')
})
afterAll(() => consumer.remove())

test('the package has the library, its types and its papers, and nothing else', () => {
  const files = readdirSync(`${consumer.folder}/node_modules/millrace`, { recursive: true, encoding: 'utf8' })
  const others = files.filter((file) => !/^dist(?:$|\/library)/.test(file))
  expect(others.sort()).toEqual(['LICENSE', 'README.md', 'package.json'])
  expect(files.filter((file) => /\.\w+$/.test(file) && !/\.(?:js|d\.ts|json|md)$/.test(file))).toEqual([])
})

// The one that runs this, and the machine's own, which is older.
const nodes = [
  ...new Set((process.env.PATH ?? '').split(delimiter).map((folder) => `${folder}/node`)),
].filter((path) => existsSync(path))

test.each(nodes)('without a DOM it can be imported: %s', async (node) => {
  const code = `
    const before = Object.keys(globalThis).length
    const { MillraceChat } = await import('millrace/widget')
    if ((await import('millrace/widget/define')).MillraceChat !== MillraceChat) throw new Error('two classes')
    await import('millrace/widget/react')
    const { openStream, openChat, createSession, ChatError } = await import('millrace/stream')
    console.log(typeof MillraceChat, [openStream, openChat, createSession, ChatError].map((it) => typeof it).join())
    console.log(Object.keys(globalThis).length - before)`
  const { stdout, stderr } = await run(node, ['--input-type=module', '--eval', code], {
    cwd: consumer.folder,
  })
  expect(stdout).toBe('function function,function,function,function\n0\n')
  expect(stderr).toBe('')
})

// Rolldown still writes the chunks of what is gone, which nobody ever asks for: so it is the entry that counts.
test('what is imported and not used is not in the bundle', async () => {
  const { code } = await consumer.bundle({
    'unused.js': `import { MillraceChat } from 'millrace/widget'
      import * as stream from 'millrace/stream'
      console.log('alone')`,
  })
  expect(code.trim()).toMatch(/^console\.log\([`"']alone[`"']\);$/)
})

test('what only defines the element is in the bundle, and its lazy parts are chunks', async () => {
  const { code, files } = await consumer.bundle({ 'used.js': `import 'millrace/widget/define'` })
  expect(code).toMatch(/\.define\([`"']millrace-chat/)
  expect(files.size).toBeGreaterThan(1)
})

test('the types know the element, its events and the stream', async () => {
  const complaints = await consumer.check({
    'types.ts': `
      import { MillraceChat, type MillraceAnswer } from 'millrace/widget'
      import { ChatError, openStream } from 'millrace/stream'
      const chat: MillraceChat | null = document.querySelector('millrace-chat')
      const made: MillraceChat = document.createElement('millrace-chat')
      chat?.addEventListener('millrace-answer', ({ detail }) => {
        const answer: MillraceAnswer = detail
        const end: 'done' | 'stopped' | 'withheld' = answer.end
        // @ts-expect-error there is no such end
        const wrong: 'cut' = answer.end
      })
      document.addEventListener('millrace-feedback', ({ detail }) => detail.rating)
      for await (const chunk of openStream('/v1/streams', { messages: [] })) {
        const text: string | null | undefined = chunk.choices[0]?.delta.content
      }
      try {} catch (error) {
        if (error instanceof ChatError) { const wait: number | null = error.retryAfterMs }
      }`,
    'vue.ts': `
      import type {} from 'millrace/widget/vue'
      import type { GlobalComponents } from 'vue'
      type Chat = InstanceType<GlobalComponents['millrace-chat']>
      export const right: Chat['$props'] = { heading: 'Ask us', theme: 'dark', launcher: true, class: 'ask', strings: { send: 'Go' }, dictation: true, context: () => ({ title: 'A mill' }) }
      // @ts-expect-error there is no such theme
      export const wrong: Chat['$props'] = { theme: 'blue' }
      export const asked = (ref: Chat) => ref.ask('Why?')
      export const emits = (emit: Chat['$emit'], answer: HTMLElementEventMap['millrace-answer']) => emit('millrace-answer', answer)`,
    'svelte.ts': `
      import type {} from 'millrace/widget/svelte'
      import type { SvelteHTMLElements } from 'svelte/elements'
      type Props = SvelteHTMLElements['millrace-chat']
      export const right: Props = { heading: 'Ask us', theme: 'dark', launcher: true, class: 'ask',
        'onmillrace-answer': ({ detail }) => console.log(detail.answer) }
      // @ts-expect-error there is no such theme
      export const wrong: Props = { theme: 'blue' }`,
    'astro.ts': `
      import type {} from 'millrace/widget/astro'
      type Props = astroHTML.JSX.DefinedIntrinsicElements['millrace-chat']
      export const right: Props = { heading: 'Ask us', theme: 'dark', launcher: true, strings: '{"send":"Go"}' }
      // @ts-expect-error there is no such theme
      export const wrong: Props = { theme: 'blue' }`,
    'types.tsx': `
      import { MillraceChat } from 'millrace/widget/react'
      export const component = <MillraceChat heading="Ask us" strings={{ send: 'Go' }} ref={(chat) => { chat?.ask('Why?') }}
        onmillrace-answer={({ detail }) => console.log(detail.answer)} />
      // @ts-expect-error there is no such position
      export const nowhere = <MillraceChat position="top" />
      export const right = <millrace-chat heading="Ask us" theme="dark" launcher className="ask" strings={{ send: 'Go' }} context={() => ({ url: location.href })} />
      export const json = <millrace-chat strings='{"send":"Go"}' />
      // @ts-expect-error there is no such theme
      export const wrong = <millrace-chat theme="blue" />
      // @ts-expect-error there is no such text
      export const misspelled = <millrace-chat strings={{ snd: 'Go' }} />`,
  })
  expect(complaints).toBe('')
})
