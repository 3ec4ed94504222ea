import { expect, test } from 'vitest'
import { find, pasted, type Target } from './find'

const targets: Target[] = [
  { group: 'Pages', label: 'Delivery', href: '/w/shop/delivery' },
  {
    group: 'Sources',
    label: 'Web shop',
    hint: 'web',
    also: ['src_1', 'oU3iR9zG0Q1oFd9dWjOep0LrPnDk5zGd'],
    href: '/a',
  },
  { group: 'Sources', label: 'Mail of the web', hint: 'mail', href: '/b' },
]
const labels = (text: string) => find(targets, text).map(({ label }) => label)

test('every word has to be found, in any order', () => {
  expect(labels('shop web')).toEqual(['Web shop'])
  expect(labels('nothing')).toEqual([])
  expect(labels('')).toHaveLength(3)
})

test('what begins with the text comes first', () => {
  expect(labels('web')).toEqual(['Web shop', 'Mail of the web'])
})

test('a write key finds its source', () => {
  expect(labels('oU3iR9zG0Q1oFd9dWjOep0LrPnDk5zGd')).toEqual(['Web shop'])
})

test('ids and keys look pasted, words do not', () => {
  expect(pasted('oU3iR9zG0Q1oFd9dWjOep0LrPnDk5zGd')).toBe(true)
  expect(pasted(' ws_6Og9S7JFn6VbSbA8bjgJ5j')).toBe(true)
  expect(pasted('ajs-next-1760000000000-0a1b')).toBe(true)
  expect(pasted('delivery')).toBe(false)
  expect(pasted('sources of the shop 2026')).toBe(false)
})
