import { cleanup, fireEvent, render } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { isShortcut, switchShortcuts } from './shortcuts'

/** Which of these keys are for the page, pressed where `on` says. */
function taken(keys: string[], on: Element = document.body, more: KeyboardEventInit = {}): string[] {
  const found: string[] = []
  const press = (event: KeyboardEvent) => void (isShortcut(event) && found.push(event.key))
  addEventListener('keydown', press)
  for (const key of keys) fireEvent.keyDown(on, { key, ...more })
  removeEventListener('keydown', press)
  return found
}

afterEach(() => {
  cleanup()
  switchShortcuts(true)
})

test('characters can be switched off; keys that write nothing stay', () => {
  const keys = ['j', '/', ' ', 'ArrowDown', 'Escape']
  expect(taken(keys)).toEqual(keys)
  switchShortcuts(false)
  expect(taken(keys)).toEqual([' ', 'ArrowDown', 'Escape'])
})

test('what is typed, or meant for a dialog or the browser, is none', () => {
  const { container, rerender } = render(<input aria-label="Words" />)
  expect(taken(['j'], container.querySelector('input')!)).toEqual([])
  expect(taken(['j'], document.body, { ctrlKey: true })).toEqual([])
  rerender(<div role="dialog" />)
  expect(taken(['j'])).toEqual([])
})
