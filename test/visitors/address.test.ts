import { describe, expect, test } from 'vitest'
import { addressOf, createAddressNames, networkOf } from '../../worker/visitors/address.ts'

const SECRET = 'a secret of more than thirty-two characters'

test('the address comes from the network, not from the caller', () => {
  const headers = {
    'cf-connecting-ip': '203.0.113.7',
    'x-forwarded-for': '198.51.100.1',
    'x-real-ip': '198.51.100.2',
    forwarded: 'for=198.51.100.3',
  }
  expect(addressOf(new Request('https://a.example/', { headers }))).toBe('203.0.113.7')
  expect(addressOf(new Request('https://a.example/'))).toBeUndefined()
})

describe('the network of one subscriber', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:FFFF:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:0000:0000:0000:0001', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    // IPv4 in the form of IPv6 is IPv4, or all of it would be one network.
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
  ])('%s is of %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  test.each([
    undefined,
    '',
    'localhost',
    '203.0.113',
    '1.2.3.4.5',
    '999.1.1.1',
    'fe80::1%eth0',
    ':::',
    '1::2::3',
    'x',
  ])('%j is no address, and all those share one network', (address) => {
    expect(['unknown', '203.0.0.113']).toContain(networkOf(address))
  })
})

describe('the name of an address', () => {
  const nameOf = createAddressNames(SECRET)

  test('is the same for a whole network and on every Worker, and differs between networks', async () => {
    const one = await nameOf('2001:db8:1:2::1')
    expect(one).toMatch(/^[0-9a-f]{32}$/)
    expect(await nameOf('2001:db8:1:2:ffff::')).toBe(one)
    expect(await createAddressNames(SECRET)('2001:db8:1:2::1')).toBe(one)
    expect(await nameOf('2001:db8:1:3::1')).not.toBe(one)
    expect(await nameOf('203.0.113.7')).not.toBe(await nameOf('203.0.113.8'))
  })

  test('reveals nothing without the secret', async () => {
    expect(await createAddressNames(`${SECRET}!`)('203.0.113.7')).not.toBe(await nameOf('203.0.113.7'))
    expect(await nameOf('203.0.113.7')).not.toContain('203')
  })
})
