import { describe, expect, it } from 'vitest'
import { changed, fieldOf, tidy, withFields } from './draft'

describe('the draft of the catalog info', () => {
  const saved = {
    description: 'Mails',
    website: 'https://acme.example',
    docs: { stream: 'track', events: 'a' },
  }

  it('knows which fields were changed, and sections of the documentation one by one', () => {
    const draft = { ...saved, description: 'More mails', docs: { stream: 'track', events: 'b' } }
    expect(changed(saved, draft)).toEqual(['/description', '/docs/events'])
    expect(changed(saved, saved)).toEqual([])
    expect(changed({}, { regions: ['us-west-2'] })).toEqual(['/regions'])
  })

  it('saves some fields and leaves the others as they were', () => {
    const draft = { ...saved, description: 'More mails', website: 'nonsense', docs: { stream: 'page' } }
    expect(withFields(saved, draft, ['/description', '/docs/stream'])).toEqual({
      description: 'More mails',
      website: 'https://acme.example',
      docs: { stream: 'page', events: 'a' },
    })
  })

  it('finds the field that a fault is within', () => {
    expect(fieldOf('/docs/stream')).toBe('/docs/stream')
    expect(fieldOf('/events/3/properties/0/name')).toBe('/events')
  })

  it('leaves out what is empty', () => {
    expect(
      tidy({ description: '', website: 'https://a.example', regions: [], docs: { stream: '' } }),
    ).toEqual({
      website: 'https://a.example',
    })
    expect(tidy({ docs: { stream: 'x', events: null as never } })).toEqual({ docs: { stream: 'x' } })
  })
})
