import { describe, expect, it } from 'vitest'
import { harmOf, worstFirst } from './health'

const destination = (id: string, state: string, pending = 0) => ({
  id,
  name: id,
  sourceId: 'src_1',
  state,
  failed: 1,
  failedAttempts: 2,
  pending,
})

describe('what fails', () => {
  it('stands with the worst first', () => {
    const source = { id: 'src_1', name: 'Website', slug: 'website', stopped: 3, refusedRequests: 0 }
    const all = worstFirst({
      destinations: [
        destination('few', 'failing', 1),
        destination('many', 'failing', 9),
        destination('paused', 'paused'),
        destination('new', 'something new'),
      ],
      sources: [source],
    })
    expect(all.map(({ is }) => is.id)).toEqual(['src_1', 'paused', 'many', 'few', 'new'])
  })

  it('says what becomes of messages', () => {
    expect(harmOf({ of: 'destination', is: destination('one', 'paused', 4) })).toEqual([
      '1 message given up',
      '4 messages waiting, not lost',
      '2 failed attempts',
    ])
  })
})
