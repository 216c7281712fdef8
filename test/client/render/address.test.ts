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

  test.each([
    ['https://evil.test/', 'https://good.test/'],
    ['https://evil.test/', 'good.test'],
    ['https://evil.test/', 'https://evil.test\u200b'],
    ['https://evil.test/', 'https://еvil.test'],
    ['https://evil.test/', 'here'],
  ])('%s is shown where the text is %j', (href, text) => {
    expect(shownAddress(href, text)).toBe('evil.test')
  })
})
