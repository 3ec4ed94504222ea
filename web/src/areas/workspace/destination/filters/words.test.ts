import { describe, expect, it } from 'vitest'
import { type Action, blankStep, complementOf, doesInWords, draftOf, type Filter, saidBy } from './words'

const filter = (condition: string, actions: Action[]) =>
  ({ title: 'T', if: condition, actions, enabled: true }) as unknown as Filter

describe('filters as they are typed', () => {
  it('come back as they were', () => {
    const actions = [
      { type: 'SAMPLE', percent: 0.07, path: 'userId' },
      { type: 'DROP_PROPERTIES', fields: { properties: ['email', 'products.price'], '': ['userId'] } },
      { type: 'HASH_PROPERTIES', fields: { traits: ['email'] }, algorithm: 'SHA256' },
      { type: 'RENAME_EVENT', newEventName: 'Paid' },
      { type: 'RENAME_PROPERTIES', fields: { properties: { a: 'b' } } },
      { type: 'SET_VALUES', fields: { properties: { n: 1, text: '1', deep: { a: [null] } } } },
    ] as unknown as Action[]
    const said = saidBy(draftOf(filter("type = 'track'", actions)))
    expect(JSON.parse(JSON.stringify(said))).toEqual({ if: "type = 'track'", actions })
  })

  it('know "only these" by a complement around all of it', () => {
    const only = draftOf(filter("!( event = 'a)' or (b = 1) )", [{ type: 'DROP' }]))
    expect(only).toMatchObject({ doing: 'only', condition: "event = 'a)' or (b = 1)" })
    expect(saidBy(only)).toEqual({ if: "!( event = 'a)' or (b = 1) )", actions: [{ type: 'DROP' }] })
    expect(complementOf('!( a ) and ( b )')).toBeUndefined()
    expect(complementOf('!a')).toBeUndefined()
    expect(complementOf("!( a = '\\')' )")).toBe("a = '\\')'")
  })

  it('leave out fields without a name, and take text for a value', () => {
    const step = { ...blankStep('SET_VALUES'), rows: [] as { within: string; name: string; value: string }[] }
    step.rows = [
      { within: 'properties', name: ' ', value: '1' },
      { within: 'properties', name: 'kind', value: 'retail' },
    ]
    const draft = { ...draftOf(), condition: 'all', doing: 'change' as const, steps: [step] }
    expect(saidBy(draft).actions).toMatchObject([
      { type: 'SET_VALUES', fields: { properties: { kind: 'retail' } } },
    ])
  })

  it('say what they do', () => {
    expect(doesInWords(filter('all', [{ type: 'SAMPLE', percent: 0.1 }]))).toBe('sends 10 % of them')
    expect(doesInWords(filter('!( a )', [{ type: 'DROP' }]))).toBe('sends only those within !( … )')
  })
})
