import { describe, expect, test } from 'vitest'
import { addressKey, isPrivateAddress } from './address-key.ts'

describe('an address is counted', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['user:42', 'user:42'],
    ['1::2::3', '1::2::3'],
    ['2001:db8:1:2:3:4:5:6:7', '2001:db8:1:2:3:4:5:6:7'],
    ['', ''],
  ])('%s as %s', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })
})

describe('an address is of a private network', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '192.168.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '169.254.1.1',
    '::1',
    'fd00::1',
    'fe80::1',
  ])('where it is %s', (address) => expect(isPrivateAddress(address)).toBe(true))

  test.each([
    '192.0.2.1',
    '172.15.0.1',
    '172.32.0.1',
    '11.0.0.1',
    '2001:db8::1',
    '::ffff:192.0.2.1',
    'user:42',
    'fe00::1',
  ])('but not where it is %s', (address) => expect(isPrivateAddress(address)).toBe(false))
})
