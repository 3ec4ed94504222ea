/** A message of each kind to begin with. Who it is of and when are added where it is sent. */
export const SAMPLES: Record<string, Record<string, unknown>> = {
  track: {
    type: 'track',
    userId: 'test-user',
    event: 'Order Completed',
    properties: { order_id: 'test-1', total: 12.5, currency: 'EUR' },
  },
  identify: {
    type: 'identify',
    userId: 'test-user',
    traits: { email: 'test-user@example.com', plan: 'pro' },
  },
  page: {
    type: 'page',
    userId: 'test-user',
    name: 'Pricing',
    properties: { url: 'https://example.com/pricing', path: '/pricing' },
  },
  screen: { type: 'screen', userId: 'test-user', name: 'Basket', properties: { items: 2 } },
  group: { type: 'group', userId: 'test-user', groupId: 'test-company', traits: { name: 'Example Ltd' } },
  alias: { type: 'alias', previousId: 'test-visitor', userId: 'test-user' },
}

/** A sample as it stands in the editor. */
export const sampleText = (kind: string) => JSON.stringify(SAMPLES[kind] ?? SAMPLES.track, null, 2)

/** What was typed as a message, or what is wrong with it. */
export function messageOf(text: string): { message: Record<string, never> } | { fault: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { fault: `This is not JSON: ${error instanceof Error ? error.message : 'it cannot be read'}.` }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { fault: 'A message is a JSON object: { … }.' }
  }
  return { message: value as Record<string, never> }
}

/** A body as people read it: JSON with its lines, anything else as it came. */
export function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

/** A message as people read it, only where that changes nothing but its lines: no order of keys, no digit. */
export function faithful(body: string): string {
  try {
    const value: unknown = JSON.parse(body)
    return JSON.stringify(value) === body ? JSON.stringify(value, null, 2) : body
  } catch {
    return body
  }
}
