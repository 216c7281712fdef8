import { describe, expect, test } from 'vitest'
import { MAX_ERROR_MESSAGE_CHARS } from '../../worker/limits.ts'
import { createClean } from '../../worker/upstreams/clean.ts'
import { quickestOfFive } from '../support/cpu-time.ts'

const NO_SECRETS = { values: [], hosts: [], systemPrompt: undefined }
const { clean } = createClean(NO_SECRETS)

describe('by its form, this is taken out of the message', () => {
  test.each([
    ['sk-proj-abcDEF123456', 'a key'],
    ['sk-AbCd********5678', 'a masked key'],
    ['gsk_abcDEF123456', 'a key of Groq'],
    ['xai-abcDEF123456', 'a key of xAI'],
    ['AIzaSyA-abcDEF123456', 'a key of Google'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF_1', 'a JSON web token'],
    ['Bearer abcDEF', 'a token'],
    ['org-AbC123xyz789', 'an organisation'],
    ['http://10.0.0.7:8000/v1/chat', 'an address'],
    ['redis://:pw@cache:6379/0', 'an address of another scheme'],
    ['10.0.0.7:8000', 'IPv4'],
    ['2001:db8:0:0:0:ff00:42:8329', 'IPv6'],
    ['::1', 'short IPv6'],
    ['fe80::1%eth0', 'IPv6 with a zone'],
    ['[2001:db8::1]:8000', 'IPv6 with a port'],
    ['::ffff:10.0.0.7', 'IPv4 in IPv6'],
    ['gpu-17.internal', 'a host'],
    ['GPU-17.INTERNAL:8000', 'a host in capitals'],
    ['content.corp.internal', 'a host like a field'],
    ['vllm.prod.svc.cluster.local:8000', 'a host of Kubernetes'],
    ['vllm-7f9c:8000', 'a host and its port'],
    ['localhost', 'the machine itself'],
    ['/srv/app/server.py', 'a file'],
    ['/opt/models/llama-3/config.json:12', 'a file and a line'],
    ['~/secrets/key', 'a file at home'],
    ['../etc/passwd', 'a file elsewhere'],
    ['C:\\srv\\app', 'a file of Windows'],
    ['\\\\files\\share', 'a share'],
    ['vllm/entrypoints/api.py:88', 'a source'],
    ['\n    at Server.handle (/srv/app.js:10:3)\n at main', 'a stack trace'],
    ['\r\n\tTraceback (most recent call last):\n  File "/srv/app.py"', 'a trace of Python'],
    ['at Server.handle (/srv/app.js:10:3) at async main (x)', 'a trace in one line'],
    ['at file:///srv/app.js:10:3 and more', 'a place in a trace'],
    ['at com.acme.Secret.run(Secret.java:12) more', 'a trace of Java'],
    ['Traceback (most recent call last): File "x"', 'a trace of Python in one line'],
    ['File "<stdin>", line 3, in secret', 'a line of it'],
    ['goroutine 7 [running]: main.secret()', 'a trace of Go'],
  ])('%j, %s', (secret) => {
    expect(clean(`Wrong: ${secret}`)).toBe('Wrong: […]')
  })
})

test.each([
  `[{'type': 'list_type', 'loc': ('body', 'stop'), 'msg': 'Not a list', 'input': {'messages': ['Sell shoes.']}}]`,
  `[{"msg": "Not a list", "input" : "Sell shoes."}]`,
  `stop\n  Not a list [type=list_type, input_value={'messages': ['Sell shoes.']}, input_type=dict]`,
])('a quoted request is taken out of the message: %s', (message) => {
  expect(clean(message)).toContain('Not a list')
  expect(clean(message)).not.toContain('shoes')
})

test.each([
  'Too long. See https://platform.openai.com/docs/models for limits.',
  'messages.0.content and tools[0].function.name: e.g. a text, not 0.5 of 12:30:45.',
  'The model `meta-llama/Llama-3.3-70B-Instruct` or gpt-4.1-mini is served by /v1/responses, not /v1/chat/completions.',
  'Limit 30000, used 29000. Try again at 12:30, in 1.2s. Visit https://help.openai.com/en.',
  "'report.pdf' is no chat.completion; got int: and/or 1/2.Please see c10::Error.",
])('what explains the request stays: %s', (message) => {
  expect(clean(message)).toBe(message)
})

describe('what is configured', () => {
  const secrets = {
    values: ['Zq7/abc+DEF==', 'correct horse "battery" staple', 'none'],
    hosts: ['api.acme.example', 'vllm', '10.1.2.3'],
    systemPrompt: 'You sell shoes.\nNever say "wholesale": it is a secret.',
  }
  const { clean, isFree } = createClean(secrets)

  test.each([
    ['a key', 'Zq7/abc+DEF=='],
    ['a key in an address', 'Zq7%2Fabc%2BDEF%3D%3D'],
    ['a key in capitals', 'ZQ7/ABC+DEF=='],
    ['a key in base64', btoa('Zq7/abc+DEF==')],
    ['a phrase', 'correct horse "battery" staple'],
    ['a phrase in JSON', 'correct horse \\"battery\\" staple'],
    ['a short key', 'none'],
    ['a host', 'api.acme.example'],
    ['a host with a port and a path', 'API.acme.example:8443/v1/x?y=1'],
    ['a bare name', 'vllm'],
    ['an address', '10.1.2.3'],
  ])('%s is struck out by its value', (_, secret) => {
    expect(clean(`Wrong ${secret} here`)).toBe('Wrong […] here')
    expect(isFree(secret)).toBe(false)
  })

  test('a short key that is a part of a word is not', () => {
    expect(clean('nonexistent vllms')).toBe('nonexistent vllms')
  })

  const json = (text: string) => JSON.stringify(text).slice(1, -1)
  const letters = 'correct horse'
  test.each([
    ['the half of a secret', letters],
    ['with escapes', [...letters].map((char) => `\\u00${char.charCodeAt(0).toString(16)}`).join('')],
    [
      'with escapes of an address',
      [...letters].map((char) => `%${char.charCodeAt(0).toString(16)}`).join(''),
    ],
    ['escaped twice', [...letters].map((char) => `%25${char.charCodeAt(0).toString(16)}`).join('')],
    ['in HTML', [...letters].map((char) => `&#${char.charCodeAt(0)};`).join('')],
    ['in base64, after other text', btoa(`user:correct horse "battery" staple`)],
    ['in hex', Buffer.from(letters).toString('hex')],
    ['with invisible characters', [...letters].join('\u200b')],
    ['a host with escapes', 'api\\u002eacme\\u002eexample'],
    ['the prompt', secrets.systemPrompt],
    ['a stretch of the prompt', 'prompt: shoes. Never say "who…'],
    ['the prompt on one line', secrets.systemPrompt.replace('\n', '   ')],
    ['the prompt in JSON', json(secrets.systemPrompt)],
    ['the prompt in JSON in JSON', json(json(secrets.systemPrompt))],
    ['the prompt in Python', '\'You sell shoes.\\nNever say "wholesale"\''],
    ['the prompt in HTML', 'Never say &quot;wholesale&quot;: it'],
    ['the prompt in base64', btoa(secrets.systemPrompt)],
    ['the prompt in capitals', secrets.systemPrompt.toUpperCase()],
  ])('words with %s are not shown at all', (_, text) => {
    expect(clean(`Wrong: ${text}`)).toBeUndefined()
  })

  test('a few words that the prompt has too are shown', () => {
    expect(clean('Never say never: shoes.')).toBe('Never say never: shoes.')
  })
})

describe('a message that is too long', () => {
  test('is cut', () => {
    expect(clean('word '.repeat(10_000))).toHaveLength(MAX_ERROR_MESSAGE_CHARS)
    expect(clean('x'.repeat(100_000))).toBe('[…]')
  })

  test('shows no part of a secret, wherever it stands', () => {
    const secret = 'sk-proj-SECRETSECRET'
    const address = `http://h.internal/${'x'.repeat(200)} `
    // Addresses shrink when they are struck out, which moves what comes after them to the front.
    for (const filling of [address, 'ab ']) {
      for (let length = MAX_ERROR_MESSAGE_CHARS - 30; length < 2 * MAX_ERROR_MESSAGE_CHARS + 30; length++) {
        const before = filling.repeat(1 + length / filling.length).slice(-length)
        expect(clean(`${before}${secret} and more ${'.'.repeat(5000)}`)).not.toMatch(/SEC|sk-/)
      }
    }
  })
})

describe('the time that cleaning takes', () => {
  const pathological: [name: string, unit: string][] = [
    ['line feeds', '\n'],
    ['lines of blanks', '\n '],
    ['beginnings of a trace', '\n at'],
    ['carriage returns', '\r\n\t'],
    ['Bearer without a token', 'Bearer '],
    ['a Bearer before blanks', 'Bearer'.padEnd(500)],
    ['beginnings of keys', 'sk-'],
    ['words of no blank', 'x'],
    ['digits and dots', '1.'],
    ['addresses', 'http://'],
    ['quoted inputs', '"input"\n'],
    ['colons', ':'],
    ['IPv6', 'a::'],
    ['hex', 'abc:'],
    ['names with dots', 'a.'],
    ['capitals with dots', 'A.b-'],
    ['fields', 'content.'],
    ['hosts', 'host.internal '],
    ['paths', '/a'],
    ['paths with dots', '/..'],
    ['sources', 'a/b.p'],
    ['shares', '\\\\a'],
    ['backslashes', '\\'],
    ['escapes', '\\u00'],
    ['percents', '%25'],
    ['entities', '&#x'],
    ['places', 'at a('],
    ['a long place', 'at a:1'],
    ['lines of Python', 'File "'],
    ['web tokens', 'eyJ'],
    ['schemes', 'ab+'],
    ['stretches of the prompt', 'sell shoes and '],
    ['parts of a key', 'abcDEF'],
  ]
  const MOST = 64 * 1024
  const { clean } = createClean({
    values: ['abcDEF12abcDEF12'],
    hosts: ['a.b.example'],
    systemPrompt: 'Sell shoes and hats.',
  })
  const time = (text: string) => quickestOfFive(() => clean(text))

  test.each(pathological)('grows no faster than the text: %s', (_, unit) => {
    const of = (length: number) => unit.repeat(length / unit.length)
    clean(of(MOST))
    // What is quadratic takes sixteen times as long. Below a fifth of a millisecond a clock shows nothing.
    expect(time(of(MOST))).toBeLessThan(8 * Math.max(time(of(MOST / 4)), 0.2))
  })
})
