import { describe, expect, test } from 'vitest'
import { CALLS, CONTROLS, consequencesOf } from './schema-words'

describe('the schema configuration', () => {
  test('every choice is read back as it was written', () => {
    for (const call of CALLS)
      for (const control of CONTROLS)
        for (const { value } of control.choices(call))
          expect(control.read(call, control.write(call, value)), `${call} ${control.key}`).toBe(value)
  })
  test('what is allowed needs no words', () => {
    expect(consequencesOf('track', {})).toEqual([])
  })
  test('words say where what is blocked goes', () => {
    const blocked = { allowEventOnViolations: false }
    expect(consequencesOf('track', blocked)).toEqual([
      'Those that break their rule are discarded: they reach no destination, and cannot be brought back.',
    ])
    expect(consequencesOf('track', { ...blocked, onBlock: 'QUARANTINE' })).toEqual([
      'Those that break their rule wait in quarantine, from which you can release them.',
    ])
  })
  test('identify calls lose traits', () => {
    expect(consequencesOf('identify', { allowUnplannedTraits: false })).toEqual([
      'Traits that no rule names are taken out; the rest goes on.',
    ])
  })
})
