import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundaryOf, type Form, readForm } from '../../worker/admission/form.ts'
import { MAX_FORM_PARTS } from '../../worker/limits.ts'
import { toBytes } from '../../worker/protocol/encode.ts'

const part = (head: string, value: string) => `--b\r\n${head}\r\n\r\n${value}\r\n`
const named = (name: string, value: string) => part(`Content-Disposition: form-data; name="${name}"`, value)
const read = (form: string | Uint8Array) => readForm(typeof form === 'string' ? toBytes(form) : form, 'b')

describe('what clients send', () => {
  test('the runtime’s own forms', async () => {
    const form = new FormData()
    form.append(
      'file',
      new File([new Uint8Array([0, 13, 10, 45, 45, 255])], 'grüße "1".wav', { type: 'audio/wav' }),
    )
    form.append('model', 'whisper-1')
    form.append('prompt', 'Grüße, 日本語\nund mehr')
    form.append('include[]', 'a')
    form.append('include[]', 'b')
    const request = new Request('http://x', { method: 'POST', body: form })
    const boundary = boundaryOf(request.headers.get('content-type'))
    expect(boundary).toBeDefined()
    const read = readForm(new Uint8Array(await request.arrayBuffer()), boundary as string) as Form
    expect({ ...read.fields }).toEqual({
      file: new Uint8Array([0, 13, 10, 45, 45, 255]),
      model: 'whisper-1',
      prompt: 'Grüße, 日本語\r\nund mehr',
      'include[]': ['a', 'b'],
    })
  })

  test.each([
    ['curl', 'Content-Disposition: form-data; name="model"'],
    ['aiohttp', 'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="model"'],
    [
      'OkHttp',
      'Content-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: binary\r\nContent-Length: 1',
    ],
    ['.NET', 'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=model'],
  ])('%s', (_, head) => {
    expect({ ...(read(`${part(head, 'm')}--b--\r\n`) as Form).fields }).toEqual({ model: 'm' })
  })

  test('a file of 1 MB that is nearly all boundary', () => {
    const file = '-'.repeat(1_000_000)
    const form = read(
      `${part('Content-Disposition: form-data; name="file"; filename="x"', file)}--b--`,
    ) as Form
    expect(form.fields.file?.length).toBe(1_000_000)
  })
})

test.each(['gpt-4o-transcribe', 'm', 'größer'])(
  'another text in a field, all else as it came: %s',
  (model) => {
    const form = read(`${named('prompt', 'Hi')}${named('model', 'whisper-1')}${named('x', 'y')}--b--`) as Form
    const other = `${named('prompt', 'Hi')}${named('model', model)}${named('x', 'y')}--b--`
    expect(form.with('model', model)).toEqual(toBytes(other))
  },
)

test.each([
  ['multipart/form-data; boundary=b', 'b'],
  ['multipart/form-data;boundary="a b"', undefined],
  ['Multipart/Form-Data; Boundary="x-Y_1.2"', 'x-Y_1.2'],
  ['multipart/form-data; boundary=', undefined],
  ['multipart/form-data', undefined],
  ['multipart/form-data; boundary=b; boundary=c', undefined],
  ['multipart/form-data; boundary="b', undefined],
  ['multipart/form-data; charset=utf-8; boundary=b', undefined],
  [`multipart/form-data; boundary=${'b'.repeat(71)}`, undefined],
  ['multipart/mixed; boundary=b', undefined],
  ['application/json', undefined],
  [null, undefined],
])('the boundary of %s: %s', (type, boundary) => {
  expect(boundaryOf(type)).toBe(boundary)
})

test.each([
  ['nothing', ''],
  ['no part', '--b'],
  ['a preamble', `Hi\r\n${named('a', '1')}--b--`],
  ['no end', named('a', '1')],
  ['more after the end', `${named('a', '1')}--b--\r\n\r\n`],
  ['another boundary with the same beginning', `${named('a', '1')}--bc\r\n\r\n--b--`],
  ['its boundary within a part', `${named('a', 'x--b\r\n')}--b--`],
  ['its boundary after a line feed', `${named('a', '\n--b')}--b--`],
  ['a part without a head', `--b\r\n\r\n1\r\n--b--`],
  ['a part without a name', `${part('Content-Disposition: form-data', '1')}--b--`],
  ['a part with an empty name', `${named('', '1')}--b--`],
  ['a part of another kind', `${part('Content-Disposition: attachment; name="a"', '1')}--b--`],
  ['a part with two names', `${part('Content-Disposition: form-data; name="a"; name="b"', '1')}--b--`],
  [
    'a part with two heads',
    `${part('Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"', '1')}--b--`,
  ],
  ['a folded head', `${part('Content-Disposition: form-data;\r\n name="a"', '1')}--b--`],
  ['an unknown head', `${part('Content-Disposition: form-data; name="a"\r\nX-Name: b', '1')}--b--`],
  [
    'an encoded part',
    `${part('Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64', '1')}--b--`,
  ],
  [
    'a head of 4 KB',
    `${part(`Content-Disposition: form-data; name="a"\r\nContent-Type: ${'x'.repeat(4096)}`, '1')}--b--`,
  ],
  ['a name twice', `${named('a', '1')}${named('a', '1')}--b--`],
  ['a name of an object’s own, twice', `${named('__proto__', '1')}${named('__proto__', '1')}--b--`],
  ['line feeds alone', `${named('a', '1')}--b--`.replaceAll('\r\n', '\n')],
  [
    'too many parts',
    `${Array.from({ length: MAX_FORM_PARTS + 1 }, (_, i) => named(`a${i}`, '1')).join('')}--b--`,
  ],
  [
    'text that is not UTF-8',
    new Uint8Array([
      ...toBytes('--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'),
      255,
      ...toBytes('\r\n--b--'),
    ]),
  ],
])('a form with %s is refused', (_, form) => {
  expect(read(form)).toBeTypeOf('string')
})

test('a form that is taken says the same to another parser, wherever it was changed', async () => {
  const type = 'multipart/form-data; boundary=b'
  const form = `${named('model', 'small')}${part('Content-Disposition: form-data; name="file"; filename="f"', '\r\n-')}${named('x', 'y')}--b--\r\n`
  const put = fc.oneof(
    fc.constantFrom(
      '--b',
      '\r\n',
      '\n',
      '"',
      '\\',
      ';',
      '--b\r\n',
      '--b--',
      ' ',
      '\r\n--b\r\n',
      '%6d',
      'model',
      named('model', 'large'),
    ),
    fc.string({ maxLength: 3 }),
  )
  let taken = 0
  await fc.assert(
    fc.asyncProperty(fc.nat(form.length), fc.nat(12), put, async (at, cut, text) => {
      const bytes = toBytes(form.slice(0, at) + text + form.slice(at + cut))
      const own = readForm(bytes, 'b')
      if (typeof own === 'string' || own.fields.model === undefined) return
      const response = new Response(bytes, { headers: { 'content-type': type } })
      const other = await response.formData().catch(() => undefined)
      // One that refuses it reads no other model.
      if (other === undefined) return
      taken++
      expect(other.getAll('model')).toEqual([own.fields.model])
    }),
    { numRuns: 3000 },
  )
  expect(taken).toBeGreaterThan(100)
})
