import { expect, test } from 'vitest'
import { placeOf } from './fql'

test('a fault is placed by the bytes of the server', () => {
  const condition = "event = 'Ö'\nand x == 1"
  const byte = new TextEncoder().encode("event = 'Ö'\nand x ").length
  const message = `at byte ${byte}: found \`==\``
  expect(placeOf(condition, message)).toEqual({ before: 'and x ', after: '== 1', line: 2 })
  const shifted = `at byte ${byte + 3}: found \`==\``
  expect(placeOf(condition, shifted, 3)).toMatchObject({ after: '== 1' })
  expect(placeOf(condition, 'no place')).toBeUndefined()
})
