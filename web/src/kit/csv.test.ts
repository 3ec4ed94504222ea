import { expect, test } from 'vitest'
import { csv, fileStamp } from './csv'

test('cells are quoted where they must be', () => {
  expect(
    csv([
      ['a', 1],
      ['x,y', 'say "hi"'],
      ['two\nlines', ''],
    ]),
  ).toBe('a,1\r\n"x,y","say ""hi"""\r\n"two\nlines",\r\n')
})

test('no cell is a formula', () => {
  expect(csv([['=1+1', '@x', '-5', 'a=b', -5]])).toBe("'=1+1,'@x,'-5,a=b,-5\r\n")
})

test('the stamp of a file is in UTC', () => {
  expect(fileStamp(new Date('2026-11-29T23:14:59Z'))).toBe('2026-11-29--23-14-utc')
})
