import { expect, test } from 'vitest'
import { linked } from './linked'

test('addresses become links, and the text stays as it was', () => {
  const text = 'Look here:\nhttps://a.example/x?token=a_b-c\n\nOr see (http://b.example). Bye'
  const parts = linked(text)
  expect(parts.map((part) => part.text).join('')).toBe(text)
  expect(parts.filter((part) => part.href).map((part) => part.href)).toEqual([
    'https://a.example/x?token=a_b-c',
    'http://b.example',
  ])
})

test('nothing else is a link', () => {
  expect(linked('javascript:alert(1) and mailto:a@b.example')).toEqual([
    { text: 'javascript:alert(1) and mailto:a@b.example' },
  ])
  expect(linked('')).toEqual([])
})
