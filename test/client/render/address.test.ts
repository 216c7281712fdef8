import { describe, expect, test } from 'vitest'
import { shownAddress } from '../../../client/render/dom/address.ts'

describe('the address beside a link', () => {
  test.each([
    'https://a.test',
    'https://a.test/',
    'http://A.test/b?c#d',
    'https://a.test:8443/b',
    'https://127.0.0.1/a',
    'https://[::1]/a',
    'https://xn--bnk-0ra.test/',
    'mailto:a@b.test',
  ])('is left out where the text is %s too', (href) => {
    expect(shownAddress(href, href)).toBe('')
    expect(shownAddress(href, href.replace(/^(https?:\/\/|mailto:)/, ''))).toBe('')
  })

  // The host as the browser reads it.
  test.each([
    ['https://bank.test%2eevil.test/', 'bank.test.evil.test'],
    ['https://bank.test%2Eevil.test/', 'bank.test.evil.test'],
    ['https://bank%E3%80%82test/', 'bank.test'],
    ['https://bank.test%E3%80%82evil.test/', 'bank.test.evil.test'],
    ['https://evil%2etest', 'evil.test'],
    ['https://0x7f.1/', '127.0.0.1'],
    ['https://2130706433/', '127.0.0.1'],
    ['https://0177.0.0.01/', '127.0.0.1'],
    ['https://%E2%91%A0%E2%91%A1%E2%91%A6.0.0.1/', '127.0.0.1'],
    ['https://%EF%BD%85vil.test/', 'evil.test'],
    ['https://b%C3%A4nk.test/', 'xn--bnk-qla.test'],
    // A Cyrillic а.
    ['https://b%D0%B0nk.test/', 'xn--bnk-6cd.test'],
    ['https://good.test@evil.test/', 'evil.test'],
    ['https://good.test%2F@evil.test/', 'evil.test'],
    ['https://good.test%5C@evil.test/', 'evil.test'],
    ['https://good.test:443@evil.test/', 'evil.test'],
    ['https://:x@evil.test/', 'evil.test'],
    ['https:evil.test', 'evil.test'],
    ['https:///evil.test', 'evil.test'],
    ['https://a.test:443/', 'a.test'],
    ['https://evil.test\\@good.test/', 'evil.test/@good.test'],
    ['https://ev\til.test/', 'evil.test'],
    ['https://good.test\n.evil.test/', 'good.test.evil.test'],
  ])('is what the browser reads, where the text is %j too', (href, shown) => {
    expect(shownAddress(href, href)).toBe(shown)
    expect(shownAddress(href, 'good.test')).toBe(shown)
    // What a reader may have been led to expect is no excuse either.
    expect(shownAddress(href, decodeURIComponent(href))).toBe(shown)
  })

  // What stands in a link's text, whose address is https://evil.test/path?query.
  test.each([
    // It names no address: the host is enough.
    ['here', 'evil.test'],
    ['the 2.0 release, 3.5 % faster', 'evil.test'],
    ['Read more: it is free. And short', 'evil.test'],
    ['and/or', 'evil.test'],
    // It names the same host.
    ['evil.test', ''],
    ['https://Evil.test/', ''],
    ['https://evil.test/path?query', ''],
    // It names another one, or may.
    ['https://good.test/', 'evil.test/path?query'],
    ['good.test', 'evil.test/path?query'],
    ['good.test or evil.test', 'evil.test/path?query'],
    ['Log in at good.test', 'evil.test/path?query'],
    ['evil.test/other', 'evil.test/path?query'],
    ['https://localhost', 'evil.test/path?query'],
    ['good:8080', 'evil.test/path?query'],
    ['127.0.0.1', 'evil.test/path?query'],
    ['me@good', 'evil.test/path?query'],
    ['银行。中国', 'evil.test/path?query'],
    ['https://evil.test\u200b', 'evil.test/path?query'],
    ['https://еvil.test', 'evil.test/path?query'],
  ])('what stands beside %j is %j', (text, shown) => {
    expect(shownAddress('https://evil.test/path?query', text)).toBe(shown)
  })
})
