import { expect, test } from 'vitest'
import { told, toldHere } from './fields'

const short = {
  type: 'input-validation',
  code: 'too_short',
  pointer: '/account/password',
  message: '"password" is too short',
  expected: 'at least 12 characters',
  fix: 'make "password" longer',
}

test('a fault says what is expected', () => {
  expect(told(short)).toBe(
    '"password" is too short. Expected: at least 12 characters. Make "password" longer.',
  )
  expect(told({ type: 'error', code: 'c', message: 'it is gone' })).toBe('It is gone.')
})

test('at its field, a fault does not call it by the name that the API gives it', () => {
  expect(toldHere(short)).toBe('This is too short. Expected: at least 12 characters. Make it longer.')
  const absent = {
    ...short,
    code: 'required',
    message: '"password" is required',
    expected: 'a value',
    fix: 'add "password"',
  }
  expect(toldHere(absent)).toBe('This is required. Add it.')
  const taken = {
    ...short,
    code: 'taken',
    message: 'the slug "acme" is taken',
    expected: null,
    fix: 'choose another',
  }
  expect(toldHere(taken)).toBe('The slug "acme" is taken. Choose another.')
})
