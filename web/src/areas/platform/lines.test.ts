import { expect, test } from 'vitest'
import { lines } from './lines'

const shown = (before: string, after: string) =>
  lines(before, after).map(({ kind, text }) => `${{ same: ' ', gone: '-', new: '+' }[kind]}${text}`)

test('only what differs is gone or new', () => {
  expect(shown('a\nb\nc', 'a\nx\nc\nd')).toEqual([' a', '-b', '+x', ' c', '+d'])
  expect(shown('a\nb', 'b')).toEqual(['-a', ' b'])
  expect(shown('same', 'same')).toEqual([' same'])
})

test('both texts can be read from it', () => {
  const [before, after] = ['1\n2\n3\n\n4', '0\n1\n3\n\n\n5']
  const all = lines(before, after)
  const of = (left: string) =>
    all
      .filter(({ kind }) => kind !== left)
      .map(({ text }) => text)
      .join('\n')
  expect(of('new')).toBe(before)
  expect(of('gone')).toBe(after)
})
