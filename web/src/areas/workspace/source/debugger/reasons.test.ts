import { describe, expect, it } from 'vitest'
import { parse } from './json'
import { corrected, mend, reasonOf, violationsOf } from './reasons'

describe('reasons', () => {
  it('have a fix, also those that are not known', () => {
    expect(reasonOf('event_not_string').expected).toContain('name')
    expect(reasonOf('something_new').fix).not.toBe('')
    expect(reasonOf(undefined).fix).not.toBe('')
  })

  it('correct the message at the place of its fault, and nothing else', () => {
    const message = parse(
      '{"type":"track","userId":"u","event":42,"properties":{"total":1.50},"messageId":"m"}',
    )!
    expect(corrected('event_not_string', '/event', message)?.text).toBe(
      '{"type":"track","userId":"u","event":"Order Completed","properties":{"total":1.50}}',
    )
  })

  it('add what is missing', () => {
    const nobody = parse('{"type":"track","event":"E"}')!
    expect(corrected('no_user_anon_id', '', nobody)?.text).toBe(
      '{"type":"track","event":"E","userId":"019mr8mf4r"}',
    )
    const nameless = parse('{"type":"track","userId":"u"}')!
    expect(corrected('event_not_defined', '/event', nameless)?.text).toContain('"event":"Order Completed"')
    expect(mend(parse('{"a":{"b":1}}')!, '/a/c~1d', 'true')?.text).toBe('{"a":{"b":1,"c/d":true}}')
  })

  it('correct nothing where there is nothing to go by', () => {
    expect(corrected('bad_request', '', parse('{"type":"track"}')!)).toBeNull()
    expect(corrected(undefined, undefined, null)).toBeNull()
    expect(mend(parse('[1]')!, '/x/y', '1')).toBeNull()
  })

  it('are read from the message where a tracking plan put them', () => {
    const message = parse(
      '{"context":{"protocols":{"violations":[{"type":"Required","field":"properties.total","description":"total is required"}]}}}',
    )
    expect(violationsOf(message)).toEqual([
      { type: 'Required', field: 'properties.total', description: 'total is required' },
    ])
    expect(violationsOf(null)).toEqual([])
  })
})
