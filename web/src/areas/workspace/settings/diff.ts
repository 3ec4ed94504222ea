/** One value that an audited change touched. */
export interface Difference {
  path: string
  before?: string
  after?: string
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * What differs between two views, by path. Objects are gone into; lists and everything else are compared whole. Without a
 * `before` all of `after` is new, and the other way round.
 */
export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (before === undefined || before === null) before = isObject(after) ? {} : undefined
  if (after === undefined || after === null) after = isObject(before) ? {} : undefined
  if (isObject(before) && isObject(after)) {
    const [old, now] = [before, after]
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])]
    return keys.flatMap((key) => differences(old[key], now[key], path ? `${path}.${key}` : key))
  }
  const [old, now] = [text(before), text(after)]
  if (old === now) return []
  return [
    { path, ...(old === undefined ? {} : { before: old }), ...(now === undefined ? {} : { after: now }) },
  ]
}

function text(value: unknown): string | undefined {
  if (value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}
