/** What comes out of a frame may have been written by the code in it. */
import { expect, test } from 'vitest'
import { readNews, readPreview, readReport } from '../../../client/run/messages.ts'

const png = new ArrayBuffer(1)

test.each([
  [{ type: 'ready' }, { type: 'ready' }],
  [{ type: 'ended', html: '<b>' }, { type: 'ended' }],
  [
    { type: 'height', height: 12 },
    { type: 'height', height: 12 },
  ],
  [{ type: 'height', height: '12' }, undefined],
  [{ type: 'height', height: Number.POSITIVE_INFINITY }, undefined],
  [{ type: 'open', url: 'https://evil.test' }, undefined],
  ['ready', undefined],
  [null, undefined],
  [undefined, undefined],
  [{ __proto__: { type: 'constructor' } }, undefined],
])('of the report %j a page reads %j', (data, read) => expect(readReport(data)).toEqual(read))

test.each([
  [
    { type: 'text', kind: 'error', text: 'a' },
    { type: 'text', kind: 'error', text: 'a' },
  ],
  [
    { type: 'text', kind: 'html', text: '<b>' },
    { type: 'text', kind: 'out', text: '<b>' },
  ],
  [{ type: 'text', kind: 'out', text: 7 }, undefined],
  [
    { type: 'picture', png, title: 'A' },
    { type: 'picture', png, title: 'A' },
  ],
  [{ type: 'picture', png: 'data:image/svg+xml,', title: 'A' }, undefined],
  [
    { type: 'loading', loaded: 1, total: 2, megabytes: 6 },
    { type: 'loading', loaded: 1, total: 2, megabytes: 6 },
  ],
  [{ type: 'loading', loaded: 1, total: Number.NaN, megabytes: 6 }, undefined],
  [
    { type: 'ended', missing: { module: 'm', command: 'c', more: 1 } },
    { type: 'ended', missing: { module: 'm', command: 'c' } },
  ],
  [{ type: 'ended', missing: 'm' }, { type: 'ended' }],
  [{ type: 'started' }, { type: 'started' }],
  [{ type: 'failed' }, { type: 'failed' }],
  [[], undefined],
  [null, undefined],
])('of the news %j the frame reads %j', (data, read) => expect(readNews(data)).toEqual(read))

test.each([
  [
    { type: 'text', kind: 'out', text: 'a' },
    { type: 'text', kind: 'out', text: 'a' },
  ],
  [
    { type: 'height', height: 5 },
    { type: 'height', height: 5 },
  ],
  [{ type: 'picture', png, title: 'A' }, undefined],
  [{ type: 'ended' }, undefined],
])('of what a preview says, %j, the frame reads %j', (data, read) => expect(readPreview(data)).toEqual(read))
