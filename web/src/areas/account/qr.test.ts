import { expect, test } from 'vitest'
import { qrPath } from './qr'

test('the three finder patterns are where readers look for them', () => {
  const { path, size } = qrPath('otpauth://totp/Headwater:ada@example.com?secret=JBSWY3DPEHPK3PXP')
  const dark = new Set(path.match(/M\d+ \d+/g))
  for (const [column, row] of [
    [0, 0],
    [size - 7, 0],
    [0, size - 7],
  ] as const) {
    for (let step = 0; step < 7; step += 1) {
      expect(dark.has(`M${column + step} ${row}`)).toBe(true)
      expect(dark.has(`M${column} ${row + step}`)).toBe(true)
    }
    expect(dark.has(`M${column + 1} ${row + 1}`)).toBe(false)
  }
})

test('a longer text needs a larger code', () => {
  expect(qrPath('a'.repeat(200)).size).toBeGreaterThan(qrPath('a').size)
})
