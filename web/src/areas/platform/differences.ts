/** One place where two values differ; `undefined` where there is nothing. */
export interface Difference {
  pointer: string
  before?: unknown
  after?: unknown
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isEmpty = (value: unknown) =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)

/** Where two values differ, by JSON pointer. Nothing, `null` and empty are one. */
export function differences(before: unknown, after: unknown, pointer = ''): Difference[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) =>
      differences(before[key], after[key], `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    )
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    return Array.from({ length: Math.max(before.length, after.length) }, (_, at) =>
      differences(before[at], after[at], `${pointer}/${at}`),
    ).flat()
  }
  if ((isEmpty(before) && isEmpty(after)) || JSON.stringify(before) === JSON.stringify(after)) return []
  return [
    { pointer, before: isEmpty(before) ? undefined : before, after: isEmpty(after) ? undefined : after },
  ]
}
