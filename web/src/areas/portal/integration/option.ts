import type { Shapes } from '../../../api/client'

/** A key in `camelCase` from the words of a label. */
export function camelCase(label: string): string {
  const words = label
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
  const made = words
    .map((word, at) => (at === 0 ? word.toLowerCase() : word[0]!.toUpperCase() + word.slice(1).toLowerCase()))
    .join('')
  return made.replace(/^[0-9]+/, '').replace(/^[A-Z]/, (first) => first.toLowerCase())
}

/** A default as it is typed. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A typed default as a value of its type; nothing when it is empty, and an error that says what is expected. */
export function defaultOf(type: Shapes['OptionType'], text: string): unknown | Error {
  if (text.trim() === '') return undefined
  if (type === 'string' || type === 'select') return text
  try {
    return JSON.parse(text)
  } catch {
    return new Error(
      {
        boolean: 'Write true or false.',
        number: 'Write a number.',
        array: 'Write a JSON list, like ["one", "two"].',
        object: 'Write a JSON object, like {"name": 1}.',
        map: 'Write a JSON object, like {"name": "text"}.',
      }[type],
    )
  }
}
